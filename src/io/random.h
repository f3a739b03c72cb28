/*
 * random.h - numbers that nobody can guess (getrandom(2)).
 */
#ifndef HOBNAIL_IO_RANDOM_H
#define HOBNAIL_IO_RANDOM_H

#include <stdint.h>

/* A random number of 64 bits; without randomness the process ends. */
uint64_t random_number(void);

#endif
