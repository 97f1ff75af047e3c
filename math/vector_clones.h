#ifndef QALAM_MATH_VECTOR_CLONES_H_
#define QALAM_MATH_VECTOR_CLONES_H_

// Before a function: compiled for several widths of vectors, of which the widest that the processor
// has is chosen when the program starts. Where no operation is fused or reordered, all give the
// same bits. Not under sanitizers, as the choice is made before they are ready for it.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define QALAM_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define QALAM_VECTOR_CLONES
#endif

#endif  // QALAM_MATH_VECTOR_CLONES_H_
