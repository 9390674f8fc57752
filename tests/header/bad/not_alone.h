/* Uses a type that it does not include: the header test must notice. */
uint32_t pl_not_alone(void);
