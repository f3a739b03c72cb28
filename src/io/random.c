#include "io/random.h"

#include <stdlib.h>
#include <sys/random.h>

uint64_t
random_number(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		abort();
	return number;
}
