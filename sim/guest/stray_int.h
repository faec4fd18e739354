// What wrap_dlsym_x86.S asks of stray.c.
#ifndef RETICK_STRAY_INT_H
#define RETICK_STRAY_INT_H

extern void *tick__guest_libc_dlsym, *tick__guest_libc_dlvsym; // known after the first question
// The answer to dlsym(handle, name) for who returns to `caller`, if it is one of our names; NULL: libc is to be asked, as that caller.
void *tick__guest_asked_for(void *handle, const char *name, const void *caller);

void *tick__guest_global(const char *name); // a function of the program or one of its libraries, as it would find it; NULL: none

#endif
