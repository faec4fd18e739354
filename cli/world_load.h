// From a world file to a scenario.
#ifndef RETICK_CLI_WORLD_LOAD_H
#define RETICK_CLI_WORLD_LOAD_H

#include <stdbool.h>

// By its ending: .yaml or .yml.
bool tick__world_is_named(const char *file);
// Reads it, and registers it as a scenario. resolved: its absolute path. 0, or the exit code to end with: what is wrong has been told.
int tick__world_load(const char *file, const char *resolved);
// What stands last in a command that runs a schedule or trace of it: " shops.yaml", quoted for a shell where that is needed. malloc'd, or NULL.
char *tick__world_named(const char *file);

#endif
