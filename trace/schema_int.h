// The file's tables, in the order they are made; docs/TRACE.md tells what they mean. schema.c is the one place they are written down.
#ifndef RETICK_SCHEMA_INT_H
#define RETICK_SCHEMA_INT_H

#define TICK__APPLICATION_ID 0x7469636b // "tick"
#define TICK__SCHEMA_VERSION 1

extern const char *const tick__schema_tables[];  // written live; NULL-terminated
// Indexes and what SQL derives, at close (derive.c does steps and timeline); may be run again.
extern const char *const tick__schema_derived[];
extern const char *const tick__schema_views[];   // made with the tables: they are empty until there is something to show

#endif
