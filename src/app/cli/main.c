#include "cli.h"

int main(int argc, char **argv)
{
    return pl__cli_main(argc, argv);
}
