/*
 * What the program says of itself: start, reload, a list that died, a disk that is full.
 *
 * Mail is not logged here; its record is the audit line (report/audit.h). A message is one line: "SUBJECT:
 * WHAT: WHY", without the final newline. Control bytes are replaced by '?' before the sink sees it, so data
 * from the network may be an argument, never the format. Callable from any thread; errno is preserved.
 */
#ifndef CLOSEDRELAY_BASE_LOG_H
#define CLOSEDRELAY_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* Receives each finished line. Must be callable from several threads at a time. */
typedef void (*log_sink)(enum log_level level, const char *line, void *context);

/* Sets where lines go; before the first call they go to stderr. Call before threads start. */
void log_set_sink(log_sink sink, void *context);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The text as it is: what each message writes is not formatted twice. */
void log_info_text(const char *text);

#endif
