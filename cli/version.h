// The version that retick says, and that compiled scenarios are bound to.
#ifndef RETICK_CLI_VERSION_H
#define RETICK_CLI_VERSION_H

#ifndef RETICK_VERSION
#define RETICK_VERSION "0.1.0"
#endif

#endif
