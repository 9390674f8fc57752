#ifndef PL_CLI_H
#define PL_CLI_H

/* The program: finds the command, parses, runs it. Returns the exit code. */
int pl__cli_main(int argc, char **argv);

#endif
