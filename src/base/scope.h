/*
 * scope.h - clean-up that happens by itself at the end of a scope.
 *
 *	SCOPED(text_free) char *name = NULL;
 *
 * calls text_free(&name) when `name` goes out of scope.  Start every such
 * variable as NULL, zero or -1, and TAKE() what is to outlive the scope.
 */
#ifndef HOBNAIL_BASE_SCOPE_H
#define HOBNAIL_BASE_SCOPE_H

#define SCOPED(clean) __attribute__((cleanup(clean)))

/* The value of pointer variable `p`, which is NULL from now on. */
#define TAKE(p)                                                                \
	__extension__({                                                        \
		__typeof__(p) taken_ = (p);                                    \
		(p) = NULL;                                                    \
		taken_;                                                        \
	})

#endif
