/*
 * Shorthand of the case tables: what most messages have in common, so that a row shows only what is special.
 */
#ifndef CLOSEDRELAY_SELFTEST_CASE_ROWS_H
#define CLOSEDRELAY_SELFTEST_CASE_ROWS_H

#include "selftest_case.h"

/* The classes, for selftest_classes. */
extern const struct selftest_case selftest_zip[];
extern const size_t selftest_zip_count;
extern const struct selftest_case selftest_archives[];
extern const size_t selftest_archives_count;
extern const struct selftest_case selftest_split[];
extern const size_t selftest_split_count;
extern const struct selftest_case selftest_documents[];
extern const size_t selftest_documents_count;
extern const struct selftest_case selftest_nesting[];
extern const size_t selftest_nesting_count;
extern const struct selftest_case selftest_encrypted[];
extern const size_t selftest_encrypted_count;
extern const struct selftest_case selftest_bounds[];
extern const size_t selftest_bounds_count;
extern const struct selftest_case selftest_encodings[];
extern const size_t selftest_encodings_count;
extern const struct selftest_case selftest_payload[];
extern const size_t selftest_payload_count;
extern const struct selftest_case selftest_extensions[];
extern const size_t selftest_extensions_count;
extern const struct selftest_case selftest_disguised[];
extern const size_t selftest_disguised_count;
extern const struct selftest_case selftest_duplicates[];
extern const size_t selftest_duplicates_count;
extern const struct selftest_case selftest_fields[];
extern const size_t selftest_fields_count;
extern const struct selftest_case selftest_mail[];
extern const size_t selftest_mail_count;
extern const struct selftest_case selftest_honest_names[];
extern const size_t selftest_honest_names_count;
extern const struct selftest_case selftest_honest_files[];
extern const size_t selftest_honest_files_count;
extern const struct selftest_case selftest_messages[];
extern const size_t selftest_messages_count;
extern const struct selftest_case selftest_calendars[];
extern const size_t selftest_calendars_count;
extern const struct selftest_case selftest_uuencode[];
extern const size_t selftest_uuencode_count;
extern const struct selftest_case selftest_outlook[];
extern const size_t selftest_outlook_count;
extern const struct selftest_case selftest_partial[];
extern const size_t selftest_partial_count;
extern const struct selftest_case selftest_names[];
extern const size_t selftest_names_count;
extern const struct selftest_case selftest_extended[];
extern const size_t selftest_extended_count;
extern const struct selftest_case selftest_words[];
extern const size_t selftest_words_count;
extern const struct selftest_case selftest_quoting[];
extern const size_t selftest_quoting_count;
extern const struct selftest_case selftest_boundaries[];
extern const size_t selftest_boundaries_count;
extern const struct selftest_case selftest_structure[];
extern const size_t selftest_structure_count;

#define STOPPED (ANSWER_BLOCKED | ANSWER_AMBIGUOUS)
#define FOUND (ANSWER_BLOCKED | ANSWER_DISGUISED | ANSWER_AMBIGUOUS)

#define ALL "all mail programs"
#define ALL_UNPACKERS "all unpackers"

/* What stands for a program where only its name counts. */
#define STAND_IN "$[base64|This stands for a program.]"

/* The headers of a part, then one with this Content-Disposition, Content-Type or header text. */
#define PART(headers, body) "$[file|" headers "|" body "]"
#define DISPOSITION(value)                                                                                        \
    PART(                                                                                                         \
        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\nContent-Disposition: " value, \
        STAND_IN)
#define TYPE(value)                                                                                          \
    PART("Content-Type: " value "\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment",      \
         STAND_IN)
/* An ordinary attachment of this name and content. */
#define ATTACH(name, content) "$[attach|" name "|" content "]"

#define MIME "MIME-Version: 1.0\n"
#define HELLO "Content-Type: text/plain\n\nHello.\n"
#define EXE_PART                                                                                             \
    "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"                            \
    "Content-Disposition: attachment; filename=\"evil.exe\"\n\n" STAND_IN "\n"

#endif
