// The environment that a guest finds: the same wherever it is run from, as far as that can be.
#ifndef RETICK_ENVIRONMENT_INT_H
#define RETICK_ENVIRONMENT_INT_H

// A list for execve, ended by NULL, in one block: free with tick__outside_free. Of `from` (environ), what says where things are, by name;
// then what is fixed; then `set` ("NAME=value", ended by NULL, or NULL), which overrides both. library: to be loaded. NULL: out of memory.
char **tick__guest_environment(char *const *from, const char *const *set, const char *library);

#endif
