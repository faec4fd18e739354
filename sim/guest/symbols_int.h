// The symbols of a program's own files, those that it does not export among them.
#ifndef RETICK_SYMBOLS_INT_H
#define RETICK_SYMBOLS_INT_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

// info: of any address in the file. The function called so, or NULL: there is none, or the file has no table (it is stripped).
void *tick__symbol_named(const Dl_info *info, const char *name);
// The name of the function that the address lies in, and where it begins. false: likewise.
bool tick__symbol_at(const Dl_info *info, const void *address, char *name, size_t size, const void **begin);

#endif
