/* The milter protocol, version 6, as it is on the wire: commands, answers, steps. Names and values are
 * libmilter's. */
#ifndef CLOSEDRELAY_LIBMILTER_MFDEF_H
#define CLOSEDRELAY_LIBMILTER_MFDEF_H

#define SMFI_PROT_VERSION 6

/* What version 1 had: meant by an MTA that offers nothing. */
#define SMFI_V1_ACTS 0x0000000FL
#define SMFI_V1_PROT 0x0000003FL

/* Families of a client's address. */
#define SMFIA_UNKNOWN 'U'
#define SMFIA_UNIX 'L'
#define SMFIA_INET '4'
#define SMFIA_INET6 '6'

/* Commands. */
#define SMFIC_ABORT 'A'
#define SMFIC_BODY 'B'
#define SMFIC_CONNECT 'C'
#define SMFIC_MACRO 'D'
#define SMFIC_BODYEOB 'E'
#define SMFIC_HELO 'H'
#define SMFIC_QUIT_NC 'K'
#define SMFIC_HEADER 'L'
#define SMFIC_MAIL 'M'
#define SMFIC_EOH 'N'
#define SMFIC_OPTNEG 'O'
#define SMFIC_QUIT 'Q'
#define SMFIC_RCPT 'R'
#define SMFIC_DATA 'T'
#define SMFIC_UNKNOWN 'U'

/* Answers. */
#define SMFIR_DELRCPT '-'
#define SMFIR_ACCEPT 'a'
#define SMFIR_CONTINUE 'c'
#define SMFIR_DISCARD 'd'
#define SMFIR_ADDHEADER 'h'
#define SMFIR_QUARANTINE 'q'
#define SMFIR_REJECT 'r'
#define SMFIR_SKIP 's'
#define SMFIR_TEMPFAIL 't'
#define SMFIR_REPLYCODE 'y'

/* Steps: what the MTA is not to send, what has no answer, what it can do. */
#define SMFIP_NOCONNECT 0x00000001L
#define SMFIP_NOHELO 0x00000002L
#define SMFIP_NOMAIL 0x00000004L
#define SMFIP_NORCPT 0x00000008L
#define SMFIP_NOBODY 0x00000010L
#define SMFIP_NOHDRS 0x00000020L
#define SMFIP_NOEOH 0x00000040L
#define SMFIP_NR_HDR 0x00000080L
#define SMFIP_NOUNKNOWN 0x00000100L
#define SMFIP_NODATA 0x00000200L
#define SMFIP_SKIP 0x00000400L
#define SMFIP_RCPT_REJ 0x00000800L
#define SMFIP_NR_CONN 0x00001000L
#define SMFIP_NR_HELO 0x00002000L
#define SMFIP_NR_MAIL 0x00004000L
#define SMFIP_NR_RCPT 0x00008000L
#define SMFIP_NR_DATA 0x00010000L
#define SMFIP_NR_UNKN 0x00020000L
#define SMFIP_NR_EOH 0x00040000L
#define SMFIP_NR_BODY 0x00080000L
#define SMFIP_HDR_LEADSPC 0x00100000L

/* Bits between an MTA and its library, of no meaning here. */
#define SMFI_INTERNAL 0x70000000L

#endif
