// C++'s exceptions belong to the stack that they are thrown on. Its run-time keeps by thread which are being handled, and how many are on
// their way (__cxa_eh_globals of the Itanium C++ ABI): a task that waits in a catch block would find another one's there. So a switch
// exchanges them.
//
// retick is not linked with a C++ run-time: a coroutine that was made where there is none is left without a look at it.
#ifndef RETICK_SRC_CORO_EXCEPTIONS_H
#define RETICK_SRC_CORO_EXCEPTIONS_H

// What __cxa_get_globals returns.
struct tick__exceptions {
    void *caught;
    unsigned uncaught;
};

// __cxa_get_globals of the program; NULL: it has no C++.
extern struct tick__exceptions *(*tick__exceptions_here)(void);

// That of a library which was loaded later; NULL, if it has none, changes nothing. For the coroutines that are made from now on.
void tick__exceptions_of(void *get_globals);

// Those of the running stack go to `from`, and those of `to` come.
void tick__exceptions_exchange(struct tick__exceptions *from, struct tick__exceptions *to);

#endif
