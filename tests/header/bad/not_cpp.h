/* C, but not C++: the header test must notice. */
int pl_not_cpp(int class);
