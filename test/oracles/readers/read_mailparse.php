#!/usr/bin/env -S php -d display_errors=0
<?php
// Oracle: PHP's mailparse (help desks and web mailers read mail with it). As read_email.py.
const CONTENT_BYTES = 65536;

function visit($part, &$names, &$contents, $path)
{
    $data = mailparse_msg_get_part_data($part);
    foreach (['disposition-filename', 'content-name'] as $key) {
        if (isset($data[$key]) && $data[$key] !== '') {
            $names[$data[$key]] = true;
            $names[@iconv_mime_decode($data[$key], ICONV_MIME_DECODE_CONTINUE_ON_ERROR, 'UTF-8')] = true;
        }
    }
    if (strncasecmp($data['content-type'] ?? '', 'multipart/', 10) !== 0) {
        $content = substr(@mailparse_msg_extract_part_file($part, $path, null) ?: '', 0, CONTENT_BYTES);
        if ($content !== '') {
            $contents[base64_encode($content)] = true;
        }
    }
}

while (($path = fgets(STDIN)) !== false) {
    $path = rtrim($path, "\n");
    $names = $contents = [];
    $message = @mailparse_msg_parse_file($path);
    if ($message) {
        foreach (@mailparse_msg_get_structure($message) ?: [] as $section) {
            $part = @mailparse_msg_get_part($message, $section);
            if ($part) {
                visit($part, $names, $contents, $path);
            }
        }
        mailparse_msg_free($message);
    }
    $list = array_filter(array_map('strval', array_keys($names)), 'strlen');
    echo json_encode(['names' => array_values($list), 'contents' => array_map('strval', array_keys($contents))],
        JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
