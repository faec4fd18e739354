// The page without its data (viewer/page_template.h).
    .section .rodata
    .global tick__page_template
    .type tick__page_template, %object
tick__page_template:
    .incbin RETICK_PAGE
    .byte 0
    .size tick__page_template, . - tick__page_template
    .section .note.GNU-stack, "", %progbits
