// Names: from stable ids to paths in words and back. docs/IDENTITY.md gives the grammar.
//   host               alice
//   main task          alice/main                (key "main", first; left out where something follows it)
//   task               alice/increment#2         (#1 left out)
//   direction          alice→server#2  alice←server#2   (TICK_OUT, TICK_IN of alice's 2nd connection to server; #1 left out;
//                                                -> and <- are arrows, too)
//   connection         alice→server:conn
//   end                alice→server:near  alice→server:far
//   handler task       alice→server/serve        (its parent is the connection)
//   another object     alice/increment:sleep#3   (type or sort; #1 left out; of a connection, direction or end: alice→server:conn:timer#3)
//   a user's choice    alice/increment/coin      (tick_random("coin"): type TICK_OBJECT_USER, id and path as a task's)
//   look-ups of a name alice:lookup.db           (of one task); its waits in poll, select and sleep: alice:wait
//   file               alice:/data/log#2         (the 2nd that was made there under that name; alice:/ is the root)
//   made by the host   alice:host/task  alice:host:fd   (not by its main task)
//   message            alice→server@17           (its byte offset; only for people: no stable id is made of it)
// A name's characters / : # → ← % < > white space and control characters are written %xx; an empty name is %00.
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
// Remembers a message's size, for words ("the 17 bytes that ..."). Only the probe below calls it by itself.
void tick_names_size(struct tick_names *names, uint32_t object_id, int64_t bytes);
// The path of a stable id, such that tick_path_id gives the id back, or "id:<16 hex digits>"; snprintf's result.
int tick_names_path(const struct tick_names *names, tick_id id, char *text, size_t size);
// The same of an object, which may be a message, or one whose stable id was made otherwise than the grammar says.
int tick_names_path_of_object(const struct tick_names *names, uint32_t object_id, char *text, size_t size);
uint32_t tick_names_object(const struct tick_names *names, tick_id id); // object id, 0: not told
// What is known of an object: false if nothing. key is borrowed until clear.
bool tick_names_about(const struct tick_names *names, tick_id id, struct tick_object *object);
bool tick_names_about_object(const struct tick_names *names, uint32_t object_id, struct tick_object *object);
// The size of the message at that offset of a direction; 0: not known.
int64_t tick_names_message_size(const struct tick_names *names, tick_id direction, uint64_t offset);
// Parses a path (or id:...) into its stable id: 0 or TICK_EFORMAT.
int tick_path_id(const char *path, tick_id *id);
// A probe that does nothing but fill names: for telling a schedule in words.
struct tick_probe *tick_names_probe(struct tick_names *names);

#endif
