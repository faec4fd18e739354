// The scenario's statics belong to the world: before each run they are as they were after constructors.
#ifndef RETICK_IMAGE_H
#define RETICK_IMAGE_H

#include <stddef.h>

// A copy of the writable memory of the module (program or shared object) that holds an address, and of every library that came with it.
struct tick_image;

// Takes the copy, now. inside: any address in the scenario's code. 0 or -ENOMEM. Not copied: what libretick keeps (section tick_keep), what is
// read-only after relocation, and the libraries that retick itself stands on (libc among them).
int tick_image_take(const void *inside, struct tick_image **out);
void tick_image_restore(const struct tick_image *image); // also this thread's thread-local variables of those modules
void tick_image_free(struct tick_image *image);
size_t tick_image_bytes(const struct tick_image *image);

#endif
