/*
 * Who on this machine handed a message in: the identity of the role `local`.
 *
 * Known at the end of the headers only. `uid` comes from the Received: line that the MTA itself wrote when it
 * took the mail from a program, which a milter sees only where the mail passes through a service of
 * relay.local_daemons; the first Received: line of mail that a milter gets straight from pickup is the
 * sender's own text and proves nothing. `script` comes from the line that PHP's mail() writes; between users
 * of the machine it can be forged, and where it contradicts the uid it does not count. Pure but for memory.
 */
#ifndef CLOSEDRELAY_CHECK_RELAY_LOCAL_IDENTITY_H
#define CLOSEDRELAY_CHECK_RELAY_LOCAL_IDENTITY_H

#include "facts/session.h"

/*
 * Sets message->local_uid ("1000" with Postfix, "ann" with Sendmail, or ""), ->local_script
 * ("1000:contact.php", "www.example.com/contact.php", or "") and ->user: "script:…", else "uid:…", else
 * "local"; never empty. For ROLE_LOCAL only; texts are under `owner`. False when memory ran out; user is then
 * "local".
 */
bool local_identity_decide(void *owner, bool received_is_trusted, struct message_facts *message);

#endif
