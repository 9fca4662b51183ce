/*
 * One reading of a file name, and the ways in which clients make another of it (mime/file_name.h asks for all
 * of them). A form is changed in place and never grows. Pure functions, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_FILE_NAME_FORM_H
#define CLOSEDRELAY_SCAN_MIME_FILE_NAME_FORM_H

#include "scan/mime/file_name.h"

struct file_name_form {
    char data[FILE_NAME_BYTES_MAX];
    size_t length;
};

/* Fills the form with `s`, of FILE_NAME_BYTES_MAX at most: lower case, without invisible characters,
 * look-alikes of a dot and full-width forms as ASCII. Sets `*has_bidi_control` where there is one, and else
 * leaves it as it is. */
void file_name_form_fill(struct file_name_form *form, struct slice s, bool *has_bidi_control);

void file_name_form_drop_controls(struct file_name_form *form);

/* Each %XX as its byte. False: there was none. */
bool file_name_form_decode_percent(struct file_name_form *form);

/* Each character reference of HTML that stands for an ASCII character as that, which some web mailers expand
 * in names. False: there was none. */
bool file_name_form_decode_references(struct file_name_form *form);

/* Each overlong form of an ASCII character as that. False: there was none. */
bool file_name_form_decode_overlong(struct file_name_form *form);

/* Drops bytes that are no UTF-8, and what stands for such. False: there were none. */
bool file_name_form_drop_undecodable(struct file_name_form *form);

#endif
