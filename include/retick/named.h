// How macros take options by name, in C and in C++20: `tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30))`.
//
// What is not named is 0. C++ wants them in the order in which the structure declares them. gcc and clang know named options in C++17, too.
#ifndef RETICK_NAMED_H
#define RETICK_NAMED_H

#include <retick/id.h> // TICK_HERE, which stands beside them

// TICK__OPTIONS(type, ...): a `const struct type *` that lives as long as the call that it is an argument of.
// TICK__TAKING(call), TICK__TAKING_VOID(call): that call, without a warning of what the options leave out.
#ifdef __cplusplus
extern "C++" {
template <typename T> static inline const T *tick__options(const T &options) {
    return &options;
}
}
#define TICK__OPTIONS(type, ...) tick__options(type{__VA_ARGS__})
#define TICK__TAKING(call) \
    __extension__({ \
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") auto *tick_made_ = (call); \
        _Pragma("GCC diagnostic pop") tick_made_; \
    })
#define TICK__TAKING_VOID(call) \
    __extension__({ \
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")(call); \
        _Pragma("GCC diagnostic pop") \
    })
#else
#define TICK__OPTIONS(type, ...) (&(struct type){__VA_ARGS__})
#define TICK__TAKING(call) call // bare: a semicolon that is missing before it is not to make a call of it
#define TICK__TAKING_VOID(call) call
#endif

#endif
