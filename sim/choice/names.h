// Names: from stable ids to paths in words and back. docs/IDENTITY.md gives the grammar.
//   host               alice
//   main task          alice                     (key "main", first: left out)
//   task               alice/increment#2         (#1 left out)
//   direction          alice→server#2  alice←server#2   (TICK_OUT, TICK_IN of alice's 2nd connect; #1 left out; what stands between the
//                                                arrow and # is for people: a peer's name, not part of the id)
//   connection         alice→server:conn
//   end                alice→server:near  alice→server:far
//   handler task       alice→server/serve        (its parent is the connection)
//   another object     alice/increment:timer#3   (#1 left out)
// A name's characters / : # → ← % and white space are written %xx.
#ifndef RETICK_NAMES_H
#define RETICK_NAMES_H

#include <retick/probe.h>
#include <stdbool.h>

struct tick_names;
int tick_names_new(struct tick_names **out); // 0 or -ENOMEM; memory by tick__outside_alloc, never a host's
void tick_names_free(struct tick_names *names);
void tick_names_clear(struct tick_names *names);
// Remembers an object, as the probe is told it; object_id is the small id that it was given. Out of memory: later paths are "id:...".
void tick_names_tell(struct tick_names *names, uint32_t object_id, const struct tick_object *object);
// The path of a stable id, or "id:<16 hex digits>"; snprintf's result.
int tick_names_path(const struct tick_names *names, tick_id id, char *text, size_t size);
int tick_names_path_of_object(const struct tick_names *names, uint32_t object_id, char *text, size_t size);
uint32_t tick_names_object(const struct tick_names *names, tick_id id); // object id, 0: not told
// What is known of an object: false if nothing. key is borrowed until clear.
bool tick_names_about(const struct tick_names *names, tick_id id, struct tick_object *object);
// Parses a path (or id:...) into its stable id: 0 or TICK_EFORMAT.
int tick_path_id(const char *path, tick_id *id);
// A probe that does nothing but fill names: for telling a schedule in words.
struct tick_probe *tick_names_probe(struct tick_names *names);

#endif
