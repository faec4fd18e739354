// Of libc's names that have an older and a newer version, the older one, whatever the library is built with: those of glibc 2.34 are the
// same functions, moved out of libpthread and libdl. The library loads with every glibc from 2.31 on (tests/guests/guest_names.c);
// included by the compiler's command line (cmake/guest.cmake).
#ifndef RETICK_OLD_LIBC_H
#define RETICK_OLD_LIBC_H

#ifndef __ASSEMBLER__
#define TICK__OLD(name, version) __asm__(".symver " #name "," #name "@GLIBC_" version);
TICK__OLD(dladdr, "2.2.5")
TICK__OLD(pthread_attr_getstack, "2.2.5")
TICK__OLD(pthread_attr_getstacksize, "2.2.5")
TICK__OLD(pthread_attr_setstack, "2.2.5")
TICK__OLD(pthread_attr_setstacksize, "2.2.5")
TICK__OLD(pthread_getspecific, "2.2.5")
TICK__OLD(pthread_setspecific, "2.2.5")
TICK__OLD(__pthread_register_cancel, "2.3.3")
TICK__OLD(__pthread_unregister_cancel, "2.3.3")
#undef TICK__OLD
#endif

#endif
