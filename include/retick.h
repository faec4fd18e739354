// retick: a deterministic simulation and tracing harness for event loops. Everything that a program or scenario needs.
#ifndef RETICK_H
#define RETICK_H

#include <retick/choice.h>
#include <retick/chooser.h>
#include <retick/context.h>
#include <retick/error.h>
#include <retick/executor.h>
#include <retick/faults.h>
#include <retick/future.h>
#include <retick/group.h>
#include <retick/id.h>
#include <retick/loop.h>
#include <retick/named.h>
#include <retick/poller.h>
#include <retick/probe.h>
#include <retick/queue.h>
#include <retick/scenario.h>
#include <retick/scheduler.h>
#include <retick/shared.h>
#include <retick/stackless.h>
#include <retick/stream.h>
#include <retick/sync.h>
#include <retick/sys.h>
#include <retick/task.h>
#include <retick/time.h>
#include <retick/version.h>
#include <retick/wait.h>

#endif
