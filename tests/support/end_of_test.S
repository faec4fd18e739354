// Linked behind each test's own file, and before everything else: where the test's code ends (scarce.c asks).
    .text
    .globl end_of_test
end_of_test:
    .section .note.GNU-stack, "", %progbits
