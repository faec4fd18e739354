// The scenario's statics belong to the world: before each run they are as they were after constructors.
#ifndef RETICK_IMAGE_H
#define RETICK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

// A copy of the writable memory of the module (program or shared object) that holds an address, and of every library that came with it.
struct tick_image;

// Takes the copy, now, and puts it in front of *first. inside: any address in the scenario's code. 0 or -ENOMEM. Not copied: what libretick
// keeps (section tick_keep), what is read-only after relocation, and the libraries that retick itself stands on (libc among them).
int tick_image_take(const void *inside, struct tick_image **first);
struct tick_image *tick_image_next(const struct tick_image *image);
bool tick_image_holds(const struct tick_image *image, const void *inside); // whether that address is in its module
void tick_image_restore(const struct tick_image *image);                   // also this thread's thread-local variables of those modules
void tick_image_free(struct tick_image *image);
size_t tick_image_bytes(const struct tick_image *image);

#endif
