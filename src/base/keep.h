// Statics of the library itself, which outlive a run: before each run the program's writable segments are restored, except this section.
#ifndef RETICK_KEEP_H
#define RETICK_KEEP_H

#define TICK_KEEP __attribute__((section("tick_keep")))

#endif
