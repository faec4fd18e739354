// Completions: what each shell is told of the commands, their options, and what stands for an option's value.
#include "cli/pages/pages_int.h"
#include <string.h>

static const char head[] = "made by retick_pages from the commands' own tables of options\n";

// The first sentence or so of an option's text, within single quotes; what is in `escaped` gets a backslash.
static void summary(FILE *out, const char *text, const char *escaped) {
    size_t size = strcspn(text, ".;(:");
    while (size > 0 && text[size - 1] == ' ')
        size--;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\'')
            fputs("'\\'", out);
        else if (strchr(escaped, text[i]))
            fputc('\\', out);
        fputc(text[i], out);
    }
}

// -? is a pattern to every shell, and nobody completes it.
static char letter_of(const struct page_option *option) {
    return option->letter == '?' ? '\0' : option->letter;
}

// --- bash: all of it in one function, without the helpers of the package bash-completion ---

static void bash_values(FILE *out, const struct page_command *command, enum page_value value, const char *action) {
    bool first = true;
    for (size_t i = 0; i < command->count; i++) {
        const struct page_option *o = &command->options[i];
        if (o->value != value)
            continue;
        fprintf(out, "%s--%s", first ? "        " : " | ", o->name);
        if (letter_of(o))
            fprintf(out, " | -%c", o->letter);
        first = false;
    }
    if (!first)
        fprintf(out, ") %s ;;\n", action);
}

static void bash_command(FILE *out, const struct page_command *command) {
    fprintf(out, "    %s)\n        ends='%s' options='", command->name, command->ends);
    for (size_t i = 0; i < command->count; i++) {
        fprintf(out, "%s--%s", i ? " " : "", command->options[i].name);
        if (letter_of(&command->options[i]))
            fprintf(out, " -%c", command->options[i].letter);
    }
    fputs("'\n        case $prev in\n", out);
    bash_values(out, command, PAGE_FILE, "_retick_files ''; return");
    bash_values(out, command, PAGE_FOLDER, "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\")); return");
    bash_values(out, command, PAGE_PROGRAM, "COMPREPLY=($(compgen -c -- \"$cur\")); return");
    bash_values(out, command, PAGE_KIND, "compopt -o nospace; COMPREPLY=($(compgen -S = -W \"$kinds\" -- \"$cur\")); return");
    bash_values(out, command, PAGE_FORMAT, "COMPREPLY=($(compgen -W \"$formats\" -- \"$cur\")); return");
    bash_values(out, command, PAGE_PICTURE, "COMPREPLY=($(compgen -W \"$pictures\" -- \"$cur\")); return");
    bash_values(out, command, PAGE_WORD, "return");
    fputs("        esac\n", out);
    if (command->queries) {
        fputs("        [ \"$COMP_CWORD\" -lt 3 ] || COMPREPLY=($(compgen -W '", out);
        pages_write_queries(out, " ");
        fputs("' -- \"$cur\"))\n", out);
    }
    fputs("        ;;\n", out);
}

void pages_write_bash(FILE *out, const struct pages *pages) {
    fprintf(out, "# Completion of retick for bash, %s", head);
    fputs("# shellcheck shell=bash disable=SC2207\n\n"
          "_retick_files() { # _retick_files ENDINGS: folders, and files with one of these endings (\"\": any)\n"
          "    local file\n"
          "    compopt -o filenames\n"
          "    while IFS= read -r file; do\n"
          "        [[ -d $file || -z $1 || \" $1 \" == *\" ${file##*.} \"* ]] && COMPREPLY+=(\"$file\")\n"
          "    done < <(compgen -f -- \"$cur\")\n"
          "    return 0\n"
          "}\n\n"
          "_retick() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} ends='' options='' kinds='",
        out);
    pages_write_kinds(out, " ");
    fputs("' formats='", out);
    pages_write_formats(out, " ");
    fputs("' pictures='", out);
    pages_write_pictures(out, " ");
    fputs("'\n"
          "    COMPREPLY=()\n"
          "    if [ \"$cur\" = = ]; then # --option= and what comes behind are words of their own\n"
          "        cur=''\n"
          "    elif [ \"$prev\" = = ] && [ \"$COMP_CWORD\" -gt 2 ]; then\n"
          "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    if [ \"$COMP_CWORD\" = 1 ] || { [ \"$COMP_CWORD\" = 2 ] && [ \"$prev\" = help ]; }; then\n"
          "        COMPREPLY=($(compgen -W '",
        out);
    for (size_t i = 0; i < pages->count; i++)
        fprintf(out, "%s ", pages->commands[i].name);
    fputs("help --help --version' -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
        out);
    for (size_t i = 0; i < pages->count; i++)
        bash_command(out, &pages->commands[i]);
    fputs("    *) return ;;\n"
          "    esac\n"
          "    if [[ $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "    else\n"
          "        _retick_files \"$ends\"\n"
          "    fi\n"
          "}\n\n"
          "complete -F _retick retick\n",
        out);
}

// --- zsh ---

static void zsh_files(FILE *out, const struct page_command *command) {
    char ends[64];
    snprintf(ends, sizeof ends, "%s", command->ends);
    for (char *blank = ends; (blank = strchr(blank, ' '));)
        *blank = '|';
    fprintf(out, "_files -g \"*.(%s)(-.)\"", ends);
}

static void zsh_option(FILE *out, const struct page_option *o) {
    static const char *const actions[] = {[PAGE_WORD] = " ",
        [PAGE_FILE] = "_files",
        [PAGE_FOLDER] = "_files -/",
        [PAGE_PROGRAM] = "_command_names -e",
        [PAGE_KIND] = "kinds",
        [PAGE_FORMAT] = "formats",
        [PAGE_PICTURE] = "pictures"};
    const char *equals = o->arg ? "=" : "";
    fputs(" \\\n            ", out);
    if (letter_of(o))
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, o->arg ? "+" : "", o->name, equals);
    else
        fprintf(out, "'*--%s%s[", o->name, equals);
    summary(out, o->doc, "[]:\\");
    fputc(']', out);
    if (o->arg) {
        fputc(':', out);
        summary(out, o->arg, "[]:\\");
        if (o->value == PAGE_KIND || o->value == PAGE_FORMAT ||
            o->value == PAGE_PICTURE) // the shell's own list is wanted within the quotes
            fprintf(out, ":'\"$%s\"", actions[o->value]);
        else
            fprintf(out, ":%s'", actions[o->value]);
    } else {
        fputc('\'', out);
    }
}

void pages_write_zsh(FILE *out, const struct pages *pages) {
    fprintf(out, "#compdef retick\n# Completion of retick for zsh, %s\n_retick() {\n    local kinds='(", head);
    pages_write_kinds(out, " ");
    fputs(")' formats='(", out);
    pages_write_formats(out, " ");
    fputs(")' pictures='(", out);
    pages_write_pictures(out, " ");
    fputs(")'\n    local -a commands=(\n", out);
    for (size_t i = 0; i < pages->count; i++) {
        fprintf(out, "        '%s:", pages->commands[i].name);
        summary(out, pages->commands[i].purpose, ":");
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
        out);
    for (size_t i = 0; i < pages->count; i++) {
        const struct page_command *command = &pages->commands[i];
        fprintf(out, "    %s)\n        _arguments -s", command->name);
        for (size_t k = 0; k < command->count; k++)
            zsh_option(out, &command->options[k]);
        if (command->queries) {
            fputs(" \\\n            '1:file:", out);
            zsh_files(out, command);
            fputs("' '2:query:(", out);
            pages_write_queries(out, " ");
            fputs(")' '3:argument: '\n        ;;\n", out);
            continue;
        }
        fputs(" \\\n            '*:file:", out);
        zsh_files(out, command);
        fputs("'\n        ;;\n", out);
    }
    fputs("    esac\n}\n\n_retick \"$@\"\n", out);
}

// --- fish ---

static void fish_option(FILE *out, const char *command, const struct page_option *o) {
    fprintf(out, "complete -c retick -n '__fish_seen_subcommand_from %s' -l %s", command, o->name);
    if (letter_of(o))
        fprintf(out, " -s '%c'", o->letter);
    if (o->value == PAGE_FILE)
        fputs(" -r -F", out);
    else if (o->value == PAGE_FOLDER)
        fputs(" -x -a '(__fish_complete_directories)'", out);
    else if (o->value == PAGE_PROGRAM)
        fputs(" -x -a '(__fish_complete_command)'", out);
    else if (o->value == PAGE_KIND) {
        fputs(" -x -a '", out);
        pages_write_kinds(out, " ");
        fputc('\'', out);
    } else if (o->value == PAGE_FORMAT) {
        fputs(" -x -a '", out);
        pages_write_formats(out, " ");
        fputc('\'', out);
    } else if (o->value == PAGE_PICTURE) {
        fputs(" -x -a '", out);
        pages_write_pictures(out, " ");
        fputc('\'', out);
    } else if (o->value == PAGE_WORD)
        fputs(" -x", out);
    fputs(" -d '", out);
    summary(out, o->doc, "\\");
    fputs("'\n", out);
}

void pages_write_fish(FILE *out, const struct pages *pages) {
    fprintf(out, "# Completion of retick for fish, %s\ncomplete -c retick -f\n", head);
    for (size_t i = 0; i < pages->count; i++) {
        const struct page_command *command = &pages->commands[i];
        char ends[64];
        fprintf(out, "\ncomplete -c retick -n __fish_use_subcommand -a %s -d '", command->name);
        summary(out, command->purpose, "\\");
        fputs("'\n", out);
        for (size_t k = 0; k < command->count; k++)
            fish_option(out, command->name, &command->options[k]);
        snprintf(ends, sizeof ends, "%s", command->ends);
        for (char *end = strtok(ends, " "); end; end = strtok(NULL, " "))
            fprintf(out, "complete -c retick -n '__fish_seen_subcommand_from %s' -a '(__fish_complete_suffix .%s)'\n", command->name, end);
        if (command->queries) {
            fprintf(out, "complete -c retick -n '__fish_seen_subcommand_from %s' -a '", command->name);
            pages_write_queries(out, " ");
            fputs("'\n", out);
        }
    }
}
