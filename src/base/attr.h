/*
 * attr.h - short names for the compiler attributes that this code uses.
 */
#ifndef HOBNAIL_BASE_ATTR_H
#define HOBNAIL_BASE_ATTR_H

#define PRINTF(text, args) __attribute__((format(printf, text, args)))
#define MUST_USE __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

/* How many elements the array `a` has. */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
