// A command's manual page, in roff.
#include "cli/pages/pages_int.h"
#include <ctype.h>
#include <retick/version.h>
#include <string.h>

// Text as it stands: roff has meanings of its own for a backslash, a minus sign, and a line that begins with a dot or an apostrophe.
static void plain(FILE *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if ((i == 0 || text[i - 1] == '\n') && (text[i] == '.' || text[i] == '\''))
            fputs("\\&", out);
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else
            fputc(text[i], out);
    }
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// What stands behind the options in --help: paragraphs, of which some have sections of their own.
static void write_paragraph(FILE *out, const char *text, size_t size) {
    static const char examples[] = "Examples:\n", codes[] = "Exit codes: ";
    if (begins(text, examples)) {
        fputs(".SH EXAMPLES\n.nf\n", out);
        for (const char *line = text + strlen(examples), *end; line < text + size; line = end + 1) {
            end = memchr(line, '\n', (size_t)(text + size - line));
            if (!end)
                end = text + size;
            line += strspn(line, " ");
            plain(out, line, (size_t)(end - line));
            fputc('\n', out);
        }
        fputs(".fi\n", out);
    } else if (begins(text, codes)) {
        fputs(".SH EXIT STATUS\n", out);
        plain(out, text + strlen(codes), size - strlen(codes));
        fputc('\n', out);
    } else {
        fputs(".SH NOTES\n", out);
        plain(out, text, size);
        fputc('\n', out);
    }
}

static void write_option(FILE *out, const struct page_option *option) {
    if (option->header) {
        fputs(".SS ", out);
        plain(out, option->header, strcspn(option->header, ":"));
        fputc('\n', out);
    }
    fputs(".TP\n", out);
    if (option->letter)
        fprintf(out, "\\fB\\-%c\\fR%s", option->letter, option->name ? ", " : "");
    fputs("\\fB\\-\\-", out);
    plain(out, option->name, strlen(option->name));
    fputs("\\fR", out);
    if (option->arg) {
        fputs("=\\fI", out);
        plain(out, option->arg, strlen(option->arg));
        fputs("\\fR", out);
    }
    fputc('\n', out);
    if (option->doc)
        plain(out, option->doc, strlen(option->doc));
    fputs(".\n", out);
}

void pages_write_man(FILE *out, const struct page_command *command) {
    const char *after = strchr(command->doc, '\v');
    fprintf(out, ".\\\" Made by retick_pages from the command's own table of options.\n");
    fputs(".TH RETICK\\-", out);
    for (const char *letter = command->name; *letter; letter++)
        fputc(toupper((unsigned char)*letter), out);
    fprintf(out, " 1 \"\" \"retick %s\" \"User Commands\"\n.SH NAME\nretick\\-%s \\- ", TICK_VERSION, command->name);
    plain(out, command->purpose, strlen(command->purpose));
    fprintf(out, "\n.SH SYNOPSIS\n.B retick %s\n.RI [ OPTION ...]\n", command->name);
    plain(out, command->args, strlen(command->args));
    fputs("\n.SH DESCRIPTION\n", out);
    plain(out, command->doc, strcspn(command->doc, "\v"));
    fputs("\n.SH OPTIONS\n", out);
    for (size_t i = 0; i < command->count; i++)
        write_option(out, &command->options[i]);
    while (after && *++after) {
        const char *end = strstr(after, "\n\n");
        const size_t size = end ? (size_t)(end - after) : strlen(after);
        write_paragraph(out, after, size);
        after = end ? end + 1 : NULL;
    }
    fputs(".SH SEE ALSO\n.BR retick (1)\n", out);
}
