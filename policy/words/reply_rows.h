/*
 * Every reply: what it is called, what may be filled in, and its words in all languages.
 *
 * REPLY_ROWS(ROW) names each row once: ROW(check, name, reason, placeholders, English, German, French,
 * Spanish). `reason` is that of the finding, and also the row's own name where it has only one form; a row
 * with another name is one of several forms of its reason, with the same placeholders. The words of `unknown`
 * are for every reason for which a check could not decide. Placeholders stand in braces; {id}, {user} and
 * {help_url} are known to every row. Texts are UTF-8; a client that does not understand it gets them in ASCII
 * (words/language.h).
 *
 * REPLY_PARTS(PART) are the parts that are filled in, the same way: PART(name, English, German, French,
 * Spanish).
 */
#ifndef CLOSEDRELAY_WORDS_REPLY_ROWS_H
#define CLOSEDRELAY_WORDS_REPLY_ROWS_H

/* clang-format off */
#define REPLY_ROWS_RELAY(ROW) \
    ROW(relay, not_local_domain, not_local_domain, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} is not at one of our domains. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} gehört zu keiner unserer Domains. {how_to_authenticate}", \
        "Relais refusé : {recipient} n'appartient à aucun de nos domaines. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} no pertenece a ninguno de nuestros dominios. {how_to_authenticate}") \
    ROW(relay, address_literal, address_literal, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} is not at one of our domains. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} gehört zu keiner unserer Domains. {how_to_authenticate}", \
        "Relais refusé : {recipient} n'appartient à aucun de nos domaines. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} no pertenece a ninguno de nuestros dominios. {how_to_authenticate}") \
    ROW(relay, second_hop, second_hop, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} asks us to pass the mail on to another server. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} verlangt, die Mail an einen anderen Server weiterzugeben. {how_to_authenticate}", \
        "Relais refusé : {recipient} nous demande de transmettre le message à un autre serveur. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} nos pide pasar el mensaje a otro servidor. {how_to_authenticate}") \
    ROW(relay, source_route, source_route, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} asks us to pass the mail on to another server. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} verlangt, die Mail an einen anderen Server weiterzugeben. {how_to_authenticate}", \
        "Relais refusé : {recipient} nous demande de transmettre le message à un autre serveur. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} nos pide pasar el mensaje a otro servidor. {how_to_authenticate}") \
    ROW(relay, malformed_address, malformed_address, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} is not a mail address of the form user@domain. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} ist keine Mailadresse der Form name@domain. {how_to_authenticate}", \
        "Relais refusé : {recipient} n'est pas une adresse de la forme nom@domaine. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} no es una dirección de la forma nombre@dominio. {how_to_authenticate}") \
    ROW(relay, no_domain, no_domain, "recipient how_to_authenticate", \
        "Relaying denied: {recipient} has no domain. {how_to_authenticate}", \
        "Weiterleitung verweigert: {recipient} hat keine Domain. {how_to_authenticate}", \
        "Relais refusé : {recipient} n'a pas de domaine. {how_to_authenticate}", \
        "Reenvío denegado: {recipient} no tiene dominio. {how_to_authenticate}") \
    ROW(relay, unknown, unknown, "recipient", \
        "This server cannot look up its own domains right now; try again later.", \
        "Dieser Server kann seine eigenen Domains gerade nicht nachschlagen; bitte später noch einmal versuchen.", \
        "Ce serveur ne peut pas consulter ses propres domaines pour le moment ; réessayez plus tard.", \
        "Este servidor no puede consultar ahora sus propios dominios; inténtelo más tarde.")

#define REPLY_ROWS_SENDER(ROW) \
    ROW(sender, null_sender, null_sender, "sender allowed", \
        "You are logged in as {user} and may not use the empty sender {sender}. Set your mail program to send from {allowed}.", \
        "Sie sind als {user} angemeldet und dürfen den leeren Absender {sender} nicht verwenden. Stellen Sie in Ihrem Mailprogramm als Absender {allowed} ein.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas utiliser l'expéditeur vide {sender}. Réglez votre logiciel de messagerie pour envoyer depuis {allowed}.", \
        "Ha iniciado sesión como {user} y no puede usar el remitente vacío {sender}. Configure su programa de correo para enviar desde {allowed}.") \
    ROW(sender, null_sender_unlisted, null_sender, "sender allowed", \
        "You are logged in as {user} and may not use the empty sender {sender}. No sender is listed for this login: ask your administrator.", \
        "Sie sind als {user} angemeldet und dürfen den leeren Absender {sender} nicht verwenden. Für diese Anmeldung ist kein Absender eingetragen: Fragen Sie Ihren Administrator.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas utiliser l'expéditeur vide {sender}. Aucun expéditeur n'est enregistré pour cet identifiant : adressez-vous à votre administrateur.", \
        "Ha iniciado sesión como {user} y no puede usar el remitente vacío {sender}. No hay ningún remitente registrado para este usuario: consulte a su administrador.") \
    ROW(sender, sender_not_of_login, sender_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not use the sender {sender}. Set your mail program to send from {allowed}.", \
        "Sie sind als {user} angemeldet und dürfen den Absender {sender} nicht verwenden. Stellen Sie in Ihrem Mailprogramm als Absender {allowed} ein.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas utiliser l'expéditeur {sender}. Réglez votre logiciel de messagerie pour envoyer depuis {allowed}.", \
        "Ha iniciado sesión como {user} y no puede usar el remitente {sender}. Configure su programa de correo para enviar desde {allowed}.") \
    ROW(sender, sender_unlisted, sender_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not use the sender {sender}: no sender is listed for this login. Ask your administrator to list it.", \
        "Sie sind als {user} angemeldet und dürfen den Absender {sender} nicht verwenden: Für diese Anmeldung ist kein Absender eingetragen. Bitten Sie Ihren Administrator, ihn einzutragen.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas utiliser l'expéditeur {sender} : aucun expéditeur n'est enregistré pour cet identifiant. Demandez à votre administrateur de l'enregistrer.", \
        "Ha iniciado sesión como {user} y no puede usar el remitente {sender}: no hay ningún remitente registrado para este usuario. Pida a su administrador que lo registre.") \
    ROW(sender, from_not_of_login, from_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not write From: {sender}. Set your mail program to send from {allowed}.", \
        "Sie sind als {user} angemeldet und dürfen nicht From: {sender} schreiben. Stellen Sie in Ihrem Mailprogramm als Absender {allowed} ein.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas écrire From: {sender}. Réglez votre logiciel de messagerie pour envoyer depuis {allowed}.", \
        "Ha iniciado sesión como {user} y no puede escribir From: {sender}. Configure su programa de correo para enviar desde {allowed}.") \
    ROW(sender, from_unlisted, from_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not write From: {sender}: no sender is listed for this login. Ask your administrator to list it.", \
        "Sie sind als {user} angemeldet und dürfen nicht From: {sender} schreiben: Für diese Anmeldung ist kein Absender eingetragen. Bitten Sie Ihren Administrator, ihn einzutragen.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas écrire From: {sender} : aucun expéditeur n'est enregistré pour cet identifiant. Demandez à votre administrateur de l'enregistrer.", \
        "Ha iniciado sesión como {user} y no puede escribir From: {sender}: no hay ningún remitente registrado para este usuario. Pida a su administrador que lo registre.") \
    ROW(sender, sender_header_not_of_login, sender_header_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not write Sender: {sender}. Set your mail program to send from {allowed}.", \
        "Sie sind als {user} angemeldet und dürfen nicht Sender: {sender} schreiben. Stellen Sie in Ihrem Mailprogramm als Absender {allowed} ein.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas écrire Sender: {sender}. Réglez votre logiciel de messagerie pour envoyer depuis {allowed}.", \
        "Ha iniciado sesión como {user} y no puede escribir Sender: {sender}. Configure su programa de correo para enviar desde {allowed}.") \
    ROW(sender, sender_header_unlisted, sender_header_not_of_login, "sender allowed", \
        "You are logged in as {user} and may not write Sender: {sender}: no sender is listed for this login. Ask your administrator to list it.", \
        "Sie sind als {user} angemeldet und dürfen nicht Sender: {sender} schreiben: Für diese Anmeldung ist kein Absender eingetragen. Bitten Sie Ihren Administrator, ihn einzutragen.", \
        "Vous êtes connecté en tant que {user} et ne pouvez pas écrire Sender: {sender} : aucun expéditeur n'est enregistré pour cet identifiant. Demandez à votre administrateur de l'enregistrer.", \
        "Ha iniciado sesión como {user} y no puede escribir Sender: {sender}: no hay ningún remitente registrado para este usuario. Pida a su administrador que lo registre.") \
    ROW(sender, sender_not_of_identity, sender_not_of_identity, "sender", \
        "Mail from {user} may not use the sender {sender}. Send from an address that your administrator allows there.", \
        "Mail von {user} darf den Absender {sender} nicht verwenden. Senden Sie von einer Adresse, die Ihr Administrator dort erlaubt.", \
        "Le courrier de {user} ne peut pas utiliser l'expéditeur {sender}. Envoyez depuis une adresse que votre administrateur y autorise.", \
        "El correo de {user} no puede usar el remitente {sender}. Envíe desde una dirección que su administrador permita allí.") \
    ROW(sender, from_not_of_identity, from_not_of_identity, "sender", \
        "Mail from {user} may not write From: {sender}. Send from an address that your administrator allows there.", \
        "Mail von {user} darf nicht From: {sender} schreiben. Senden Sie von einer Adresse, die Ihr Administrator dort erlaubt.", \
        "Le courrier de {user} ne peut pas écrire From: {sender}. Envoyez depuis une adresse que votre administrateur y autorise.", \
        "El correo de {user} no puede escribir From: {sender}. Envíe desde una dirección que su administrador permita allí.") \
    ROW(sender, sender_header_not_of_identity, sender_header_not_of_identity, "sender", \
        "Mail from {user} may not write Sender: {sender}. Send from an address that your administrator allows there.", \
        "Mail von {user} darf nicht Sender: {sender} schreiben. Senden Sie von einer Adresse, die Ihr Administrator dort erlaubt.", \
        "Le courrier de {user} ne peut pas écrire Sender: {sender}. Envoyez depuis une adresse que votre administrateur y autorise.", \
        "El correo de {user} no puede escribir Sender: {sender}. Envíe desde una dirección que su administrador permita allí.") \
    ROW(sender, from_unreadable, from_unreadable, "", \
        "The From: line of this message cannot be read. Write one plain address there, your own.", \
        "Die From:-Zeile dieser Nachricht ist nicht lesbar. Schreiben Sie dort eine einfache Adresse hinein, Ihre eigene.", \
        "La ligne From: de ce message est illisible. Écrivez-y une seule adresse simple, la vôtre.", \
        "La línea From: de este mensaje no se puede leer. Escriba allí una sola dirección sencilla, la suya.") \
    ROW(sender, from_missing, from_missing, "", \
        "This message has no From: line. Write your own address there.", \
        "Diese Nachricht hat keine From:-Zeile. Schreiben Sie dort Ihre eigene Adresse hinein.", \
        "Ce message n'a pas de ligne From:. Indiquez-y votre propre adresse.", \
        "Este mensaje no tiene línea From:. Indique allí su propia dirección.") \
    ROW(sender, from_repeated, from_repeated, "", \
        "This message has more than one From: or Sender: line. Send it with one From: line.", \
        "Diese Nachricht hat mehr als eine From:- oder Sender:-Zeile. Senden Sie sie mit einer einzigen From:-Zeile.", \
        "Ce message a plus d'une ligne From: ou Sender:. Envoyez-le avec une seule ligne From:.", \
        "Este mensaje tiene más de una línea From: o Sender:. Envíelo con una sola línea From:.") \
    ROW(sender, own_domain_from_outside, own_domain_from_outside, "sender", \
        "The sender {sender} is an address of this server, which takes it from its own users only. If it is yours, log in to send (port 587 or 465).", \
        "Der Absender {sender} ist eine Adresse dieses Servers, der sie nur von seinen eigenen Benutzern annimmt. Wenn es Ihre ist, melden Sie sich zum Senden an (Port 587 oder 465).", \
        "L'expéditeur {sender} est une adresse de ce serveur, qui ne l'accepte que de ses propres utilisateurs. Si elle est à vous, identifiez-vous pour envoyer (port 587 ou 465).", \
        "El remitente {sender} es una dirección de este servidor, que solo la acepta de sus propios usuarios. Si es suya, inicie sesión para enviar (puerto 587 o 465).") \
    ROW(sender, own_domain_in_from, own_domain_in_from, "sender", \
        "From: {sender} is an address of this server, which takes it from its own users only. If it is yours, log in to send (port 587 or 465).", \
        "From: {sender} ist eine Adresse dieses Servers, der sie nur von seinen eigenen Benutzern annimmt. Wenn es Ihre ist, melden Sie sich zum Senden an (Port 587 oder 465).", \
        "From: {sender} est une adresse de ce serveur, qui ne l'accepte que de ses propres utilisateurs. Si elle est à vous, identifiez-vous pour envoyer (port 587 ou 465).", \
        "From: {sender} es una dirección de este servidor, que solo la acepta de sus propios usuarios. Si es suya, inicie sesión para enviar (puerto 587 o 465).") \
    ROW(sender, unknown, unknown, "", \
        "This server cannot look up which sender addresses are yours right now; try again later.", \
        "Dieser Server kann gerade nicht nachschlagen, welche Absender Ihnen gehören; bitte später noch einmal versuchen.", \
        "Ce serveur ne peut pas vérifier pour le moment quelles adresses d'expéditeur sont les vôtres ; réessayez plus tard.", \
        "Este servidor no puede consultar ahora qué direcciones de remitente son suyas; inténtelo más tarde.") \
    ROW(sender, login_without_domain, unknown, "", \
        "Your login has no domain, so this server cannot tell which sender addresses are yours. Tell your administrator (relay.default_realm).", \
        "Ihre Anmeldung hat keine Domain, deshalb weiß dieser Server nicht, welche Absender Ihnen gehören. Sagen Sie es Ihrem Administrator (relay.default_realm).", \
        "Votre identifiant n'a pas de domaine, ce serveur ne peut donc pas savoir quelles adresses sont les vôtres. Prévenez votre administrateur (relay.default_realm).", \
        "Su usuario no tiene dominio, por lo que este servidor no puede saber qué direcciones son suyas. Avise a su administrador (relay.default_realm).") \
    ROW(sender, domains_unavailable, unknown, "", \
        "This server cannot look up its own domains right now; try again later.", \
        "Dieser Server kann seine eigenen Domains gerade nicht nachschlagen; bitte später noch einmal versuchen.", \
        "Ce serveur ne peut pas consulter ses propres domaines pour le moment ; réessayez plus tard.", \
        "Este servidor no puede consultar ahora sus propios dominios; inténtelo más tarde.")

#define REPLY_ROWS_RECIPIENTS(ROW) \
    ROW(recipients, too_many_recipients, too_many_recipients, "limit seen", \
        "Too many recipients: this is number {seen}, and at most {limit} are allowed. The message is not sent to anybody; send it in several parts.", \
        "Zu viele Empfänger: Dies ist Nummer {seen}, erlaubt sind höchstens {limit}. Die Nachricht geht an niemanden; senden Sie sie in mehreren Teilen.", \
        "Trop de destinataires : celui-ci est le numéro {seen}, {limit} au plus sont permis. Le message n'est envoyé à personne ; envoyez-le en plusieurs fois.", \
        "Demasiados destinatarios: este es el número {seen} y se permiten como máximo {limit}. El mensaje no se envía a nadie; envíelo en varias partes.") \
    ROW(recipients, too_many_recipients_later, too_many_recipients, "limit seen", \
        "Too many recipients: at most {limit} in one message. Send it to the remaining ones in another message.", \
        "Zu viele Empfänger: höchstens {limit} in einer Nachricht. Senden Sie sie den übrigen in einer weiteren Nachricht.", \
        "Trop de destinataires : {limit} au plus par message. Envoyez-le aux autres dans un nouveau message.", \
        "Demasiados destinatarios: como máximo {limit} por mensaje. Envíelo a los restantes en otro mensaje.") \
    ROW(recipients, too_many_recipients_rest, too_many_recipients, "limit seen", \
        "Too many recipients: this is number {seen}, and at most {limit} are allowed. The message goes to the first {limit} only.", \
        "Zu viele Empfänger: Dies ist Nummer {seen}, erlaubt sind höchstens {limit}. Die Nachricht geht nur an die ersten {limit}.", \
        "Trop de destinataires : celui-ci est le numéro {seen}, {limit} au plus sont permis. Le message n'est envoyé qu'aux {limit} premiers.", \
        "Demasiados destinatarios: este es el número {seen} y se permiten como máximo {limit}. El mensaje se envía solo a los primeros {limit}.") \
    ROW(recipients, message_refused, message_refused, "limit seen", \
        "This message has {seen} recipients, and at most {limit} are allowed. It was not sent to anybody; send it in several parts.", \
        "Diese Nachricht hat {seen} Empfänger, erlaubt sind höchstens {limit}. Sie ging an niemanden; senden Sie sie in mehreren Teilen.", \
        "Ce message a {seen} destinataires, {limit} au plus sont permis. Il n'a été envoyé à personne ; envoyez-le en plusieurs fois.", \
        "Este mensaje tiene {seen} destinatarios y se permiten como máximo {limit}. No se envió a nadie; envíelo en varias partes.")

#define REPLY_ROWS_SIZE(ROW) \
    ROW(size, declared_too_large, declared_too_large, "limit seen limit_as_file", \
        "This message has {seen}, and the limit is {limit}. Files grow by a third when mailed: a file of {limit_as_file} makes a message of {limit}. Send a link, or smaller files.", \
        "Diese Nachricht hat {seen}, erlaubt sind {limit}. Dateien werden als Mail um ein Drittel größer: Eine Datei von {limit_as_file} ergibt eine Nachricht von {limit}. Senden Sie einen Link oder kleinere Dateien.", \
        "Ce message fait {seen}, la limite est de {limit}. Les fichiers grossissent d'un tiers dans un message : un fichier de {limit_as_file} donne un message de {limit}. Envoyez un lien ou des fichiers plus petits.", \
        "Este mensaje tiene {seen} y el límite es de {limit}. Los archivos crecen un tercio al enviarse: un archivo de {limit_as_file} produce un mensaje de {limit}. Envíe un enlace o archivos más pequeños.") \
    ROW(size, message_too_large, message_too_large, "limit seen limit_as_file", \
        "This message has at least {seen}, and the limit is {limit}. Files grow by a third when mailed: a file of {limit_as_file} makes a message of {limit}. Send a link, or smaller files.", \
        "Diese Nachricht hat mindestens {seen}, erlaubt sind {limit}. Dateien werden als Mail um ein Drittel größer: Eine Datei von {limit_as_file} ergibt eine Nachricht von {limit}. Senden Sie einen Link oder kleinere Dateien.", \
        "Ce message fait au moins {seen}, la limite est de {limit}. Les fichiers grossissent d'un tiers dans un message : un fichier de {limit_as_file} donne un message de {limit}. Envoyez un lien ou des fichiers plus petits.", \
        "Este mensaje tiene al menos {seen} y el límite es de {limit}. Los archivos crecen un tercio al enviarse: un archivo de {limit_as_file} produce un mensaje de {limit}. Envíe un enlace o archivos más pequeños.") \
    ROW(size, attachment_too_large, attachment_too_large, "limit seen file", \
        "The attachment {file} has {seen}, and the limit is {limit}. Send a link to it, or a smaller file.", \
        "Der Anhang {file} hat {seen}, erlaubt sind {limit}. Senden Sie einen Link darauf oder eine kleinere Datei.", \
        "Le fichier joint {file} fait {seen}, la limite est de {limit}. Envoyez un lien vers ce fichier ou un fichier plus petit.", \
        "El archivo adjunto {file} tiene {seen} y el límite es de {limit}. Envíe un enlace o un archivo más pequeño.")

#define REPLY_ROWS_ATTACHMENTS(ROW) \
    ROW(attachments, blocked, blocked, "subject file extension others", \
        "{subject} is of a kind (.{extension}) that is not accepted here, because it can run on the reader's computer. Send it in another format, or send a link to it. {others}", \
        "{subject} ist von einer Art (.{extension}), die hier nicht angenommen wird, weil sie auf dem Rechner des Empfängers ausgeführt werden kann. Senden Sie ein anderes Format oder einen Link. {others}", \
        "{subject} est d'un type (.{extension}) refusé ici, car il peut s'exécuter sur l'ordinateur du destinataire. Envoyez-le dans un autre format ou envoyez un lien. {others}", \
        "{subject} es de un tipo (.{extension}) que no se acepta aquí, porque puede ejecutarse en el ordenador del destinatario. Envíelo en otro formato o envíe un enlace. {others}") \
    ROW(attachments, blocked_name, blocked, "subject file extension others", \
        "{subject} has a name that is not accepted here ({extension}). Send a link to the file instead. {others}", \
        "{subject} hat einen Namen, der hier nicht angenommen wird ({extension}). Senden Sie stattdessen einen Link auf die Datei. {others}", \
        "{subject} porte un nom refusé ici ({extension}). Envoyez plutôt un lien vers le fichier. {others}", \
        "{subject} tiene un nombre que no se acepta aquí ({extension}). Envíe en su lugar un enlace al archivo. {others}") \
    ROW(attachments, blocked_unlisted, blocked, "subject file extension others", \
        "{subject} is of a kind that is not among those accepted here. Send it in another format, or send a link to it. {others}", \
        "{subject} ist von einer Art, die nicht zu den hier angenommenen gehört. Senden Sie ein anderes Format oder einen Link. {others}", \
        "{subject} est d'un type qui ne figure pas parmi ceux acceptés ici. Envoyez-le dans un autre format ou envoyez un lien. {others}", \
        "{subject} es de un tipo que no está entre los aceptados aquí. Envíelo en otro formato o envíe un enlace. {others}") \
    ROW(attachments, blocked_spelling, blocked, "subject file extension others", \
        "{subject} is written in a way that some mail programs read as a name ending in .{extension}, which is not accepted here. Attach the file to a new message under a plain name. {others}", \
        "{subject} ist so geschrieben, dass manche Mailprogramme einen Namen auf .{extension} lesen, was hier nicht angenommen wird. Hängen Sie die Datei unter einem einfachen Namen an eine neue Nachricht an. {others}", \
        "{subject} est écrit de telle façon que certains logiciels lisent un nom en .{extension}, ce qui est refusé ici. Joignez le fichier à un nouveau message sous un nom simple. {others}", \
        "{subject} está escrito de modo que algunos programas leen un nombre terminado en .{extension}, que no se acepta aquí. Adjunte el archivo a un mensaje nuevo con un nombre sencillo. {others}") \
    ROW(attachments, disguised, disguised, "subject file kind others", \
        "{subject} is a program ({kind}), whatever its name says. Programs are not accepted here; send a link to it instead. {others}", \
        "{subject} ist ein Programm ({kind}), was auch immer der Name sagt. Programme werden hier nicht angenommen; senden Sie stattdessen einen Link. {others}", \
        "{subject} est un programme ({kind}), quoi qu'en dise son nom. Les programmes sont refusés ici ; envoyez plutôt un lien. {others}", \
        "{subject} es un programa ({kind}), diga lo que diga su nombre. Aquí no se aceptan programas; envíe en su lugar un enlace. {others}") \
    ROW(attachments, encrypted, encrypted, "subject file others", \
        "{subject} needs a password and cannot be looked into, which is not accepted here. Send it without a password, or send a link to it. {others}", \
        "{subject} verlangt ein Passwort und kann nicht geprüft werden; das wird hier nicht angenommen. Senden Sie ohne Passwort oder einen Link. {others}", \
        "{subject} demande un mot de passe et ne peut pas être examiné, ce qui est refusé ici. Envoyez-le sans mot de passe ou envoyez un lien. {others}", \
        "{subject} requiere una contraseña y no se puede examinar, lo que no se acepta aquí. Envíelo sin contraseña o envíe un enlace. {others}") \
    ROW(attachments, uninspectable, uninspectable, "subject file others", \
        "{subject} is damaged, or packed in a way that cannot be looked into. Pack it again, for example as a plain zip file. {others}", \
        "{subject} ist beschädigt oder so gepackt, dass der Inhalt nicht geprüft werden kann. Packen Sie neu, zum Beispiel als einfache zip-Datei. {others}", \
        "{subject} est endommagé ou compressé d'une manière qui ne permet pas de l'examiner. Compressez-le de nouveau, par exemple en simple fichier zip. {others}", \
        "{subject} está dañado o comprimido de un modo que no se puede examinar. Comprímalo de nuevo, por ejemplo como un simple archivo zip. {others}") \
    ROW(attachments, ambiguous, ambiguous, "subject file others", \
        "{subject} is written in a way that mail programs read differently, which can hide files. Attach the files to a new message, or pack them again. {others}", \
        "{subject} ist so geschrieben, dass Mailprogramme Verschiedenes lesen, was Dateien verbergen kann. Hängen Sie die Dateien an eine neue Nachricht an oder packen Sie sie neu. {others}", \
        "{subject} est écrit d'une manière que les logiciels de messagerie lisent différemment, ce qui peut cacher des fichiers. Joignez les fichiers à un nouveau message ou compressez-les de nouveau. {others}", \
        "{subject} está escrito de un modo que los programas de correo leen de forma distinta, lo que puede ocultar archivos. Adjunte los archivos a un mensaje nuevo o comprímalos de nuevo. {others}") \
    ROW(attachments, ambiguous_clean, ambiguous_clean, "subject file others", \
        "{subject} is written in a way that mail programs read differently, which is not accepted here. Attach the files to a new message. {others}", \
        "{subject} ist so geschrieben, dass Mailprogramme Verschiedenes lesen; das wird hier nicht angenommen. Hängen Sie die Dateien an eine neue Nachricht an. {others}", \
        "{subject} est écrit d'une manière que les logiciels de messagerie lisent différemment, ce qui est refusé ici. Joignez les fichiers à un nouveau message. {others}", \
        "{subject} está escrito de un modo que los programas de correo leen de forma distinta, lo que no se acepta aquí. Adjunte los archivos a un mensaje nuevo. {others}") \
    ROW(attachments, over_budget, over_budget, "subject file others", \
        "{subject} holds more files, or files deeper within each other, than are looked into here. Send fewer files in a message, or a link. {others}", \
        "{subject} enthält mehr Dateien oder tiefer ineinander verpackte, als hier geprüft werden. Senden Sie weniger Dateien in einer Nachricht oder einen Link. {others}", \
        "{subject} contient plus de fichiers, ou des fichiers plus profondément imbriqués, que ce qui est examiné ici. Envoyez moins de fichiers par message ou un lien. {others}", \
        "{subject} contiene más archivos, o archivos más anidados, de los que se examinan aquí. Envíe menos archivos por mensaje o un enlace. {others}") \
    ROW(attachments, partial, partial, "subject file others", \
        "{subject} is one piece of a message sent in several (message/partial), which is not accepted here. Send the message whole, or a link to the file. {others}", \
        "{subject} ist ein Stück einer in mehreren Teilen gesendeten Nachricht (message/partial); das wird hier nicht angenommen. Senden Sie die Nachricht als Ganzes oder einen Link auf die Datei. {others}", \
        "{subject} est un morceau d'un message envoyé en plusieurs parties (message/partial), ce qui est refusé ici. Envoyez le message entier ou un lien vers le fichier. {others}", \
        "{subject} es un fragmento de un mensaje enviado en varios (message/partial), lo que no se acepta aquí. Envíe el mensaje entero o un enlace al archivo. {others}") \
    ROW(attachments, macros, macros, "subject file others", \
        "{subject} is a document with macros, which are programs and not accepted here. Save it without them, for example as .docx, .xlsx or .pdf. {others}", \
        "{subject} ist ein Dokument mit Makros; das sind Programme, die hier nicht angenommen werden. Speichern Sie es ohne Makros, zum Beispiel als .docx, .xlsx oder .pdf. {others}", \
        "{subject} est un document avec des macros, qui sont des programmes refusés ici. Enregistrez-le sans macros, par exemple en .docx, .xlsx ou .pdf. {others}", \
        "{subject} es un documento con macros, que son programas y no se aceptan aquí. Guárdelo sin ellas, por ejemplo como .docx, .xlsx o .pdf. {others}") \
    ROW(attachments, unknown, unknown, "", \
        "The attachments of this message could not be looked into; try again later.", \
        "Die Anhänge dieser Nachricht konnten nicht geprüft werden; bitte später noch einmal versuchen.", \
        "Les fichiers joints à ce message n'ont pas pu être examinés ; réessayez plus tard.", \
        "No se pudieron examinar los archivos adjuntos de este mensaje; inténtelo más tarde.")

#define REPLY_ROWS_DNSBL(ROW) \
    ROW(dnsbl, listed, listed, "ip list code text", \
        "The address you send from, {ip}, is on the block list {list}: {text}", \
        "Die Adresse, von der Sie senden, {ip}, steht auf der Sperrliste {list}: {text}", \
        "L'adresse depuis laquelle vous envoyez, {ip}, figure sur la liste de blocage {list} : {text}", \
        "La dirección desde la que envía, {ip}, está en la lista de bloqueo {list}: {text}") \
    ROW(dnsbl, listed_unexplained, listed, "ip list code text", \
        "The address you send from, {ip}, is on the block list {list}", \
        "Die Adresse, von der Sie senden, {ip}, steht auf der Sperrliste {list}", \
        "L'adresse depuis laquelle vous envoyez, {ip}, figure sur la liste de blocage {list}", \
        "La dirección desde la que envía, {ip}, está en la lista de bloqueo {list}") \
    ROW(dnsbl, unknown, unknown, "", \
        "Whether your address is on a block list cannot be told at the moment.", \
        "Ob Ihre Adresse auf einer Sperrliste steht, lässt sich im Moment nicht sagen.", \
        "Il est impossible de savoir pour le moment si votre adresse figure sur une liste de blocage.", \
        "En este momento no se puede saber si su dirección está en una lista de bloqueo.")

#define REPLY_ROWS_RATES(ROW) \
    ROW(rates, rate_exceeded, rate_exceeded, "holder limit per seen when advice", \
        "Sending limit reached for {holder}: {limit} in {per}, {seen} used. {advice}", \
        "Sendelimit erreicht für {holder}: {limit} in {per}, {seen} verbraucht. {advice}", \
        "Limite d'envoi atteinte pour {holder} : {limit} en {per}, {seen} utilisés. {advice}", \
        "Límite de envío alcanzado para {holder}: {limit} en {per}, {seen} usados. {advice}")

#define REPLY_ROWS_BLOCKS(ROW) \
    ROW(blocks, locked, locked, "where whom until reason", \
        "Sending{where} is locked for {whom}{until}, because somebody else seems to use this account. Change its password and ask the administrator to unlock it.", \
        "Das Senden{where} ist für {whom}{until} gesperrt, weil offenbar jemand anderes dieses Konto benutzt. Ändern Sie das Passwort und bitten Sie den Administrator, es zu entsperren.", \
        "L'envoi{where} est verrouillé pour {whom}{until}, car quelqu'un d'autre semble utiliser ce compte. Changez son mot de passe et demandez à l'administrateur de le déverrouiller.", \
        "El envío{where} está bloqueado para {whom}{until}, porque otra persona parece usar esta cuenta. Cambie la contraseña y pida al administrador que la desbloquee.") \
    ROW(blocks, blocked, blocked, "where whom until reason", \
        "Sending{where} is blocked for {whom}{until}: {reason}", \
        "Das Senden{where} ist für {whom}{until} gesperrt: {reason}", \
        "L'envoi{where} est bloqué pour {whom}{until} : {reason}", \
        "El envío{where} está bloqueado para {whom}{until}: {reason}") \
    ROW(blocks, blocked_unexplained, blocked, "where whom until reason", \
        "Sending{where} is blocked for {whom}{until}. Ask the administrator of this server.", \
        "Das Senden{where} ist für {whom}{until} gesperrt. Fragen Sie den Administrator dieses Servers.", \
        "L'envoi{where} est bloqué pour {whom}{until}. Adressez-vous à l'administrateur de ce serveur.", \
        "El envío{where} está bloqueado para {whom}{until}. Consulte al administrador de este servidor.")

#define REPLY_ROWS_ACCOUNT(ROW) \
    ROW(account, slow, slow, "limit", \
        "This login sends much more than it usually does, so its mail is slowed down to {limit} messages an hour. If this is not you, change your password.", \
        "Diese Anmeldung sendet viel mehr als sonst, deshalb wird ihre Mail auf {limit} Nachrichten in der Stunde gebremst. Wenn Sie das nicht sind, ändern Sie Ihr Passwort.", \
        "Cet identifiant envoie bien plus que d'habitude, son courrier est donc ralenti à {limit} messages par heure. Si ce n'est pas vous, changez votre mot de passe.", \
        "Este usuario envía mucho más de lo habitual, por lo que su correo se limita a {limit} mensajes por hora. Si no es usted, cambie su contraseña.") \
    ROW(account, lock, lock, "", \
        "Somebody else seems to use this login. Change its password and ask the administrator.", \
        "Offenbar benutzt jemand anderes diese Anmeldung. Ändern Sie das Passwort und fragen Sie den Administrator.", \
        "Quelqu'un d'autre semble utiliser cet identifiant. Changez le mot de passe et adressez-vous à l'administrateur.", \
        "Otra persona parece usar este usuario. Cambie la contraseña y consulte al administrador.")

/* Where no finding brings words of its own, and where the MTA cannot do what was decided. */
#define REPLY_ROWS_GENERAL(ROW) \
    ROW(general, refused, refused, "", \
        "This message is refused by the policy of this server.", \
        "Diese Nachricht wird nach den Regeln dieses Servers nicht angenommen.", \
        "Ce message est refusé par les règles de ce serveur.", \
        "Este mensaje se rechaza por las normas de este servidor.") \
    ROW(general, deferred, deferred, "", \
        "This message cannot be judged right now; try again later.", \
        "Diese Nachricht kann gerade nicht beurteilt werden; bitte später noch einmal versuchen.", \
        "Ce message ne peut pas être examiné pour le moment ; réessayez plus tard.", \
        "Este mensaje no se puede evaluar ahora; inténtelo más tarde.") \
    ROW(general, short_of_memory, short_of_memory, "", \
        "This server is short of memory; try again later.", \
        "Diesem Server fehlt gerade Speicher; bitte später noch einmal versuchen.", \
        "Ce serveur manque de mémoire ; réessayez plus tard.", \
        "A este servidor le falta memoria; inténtelo más tarde.") \
    ROW(general, record_lost, record_lost, "", \
        "This server cannot keep its records right now; try again later.", \
        "Dieser Server kann gerade kein Protokoll führen; bitte später noch einmal versuchen.", \
        "Ce serveur ne peut pas tenir son journal pour le moment ; réessayez plus tard.", \
        "Este servidor no puede llevar su registro ahora; inténtelo más tarde.") \
    ROW(general, hold_impossible, hold_impossible, "", \
        "This message is to be held for a look at it, which this server cannot do.", \
        "Diese Nachricht soll für eine Durchsicht angehalten werden, was dieser Server nicht kann.", \
        "Ce message doit être retenu pour examen, ce que ce serveur ne peut pas faire.", \
        "Este mensaje debe retenerse para su revisión, lo que este servidor no puede hacer.") \
    ROW(general, drop_impossible, drop_impossible, "", \
        "This message has too many recipients.", \
        "Diese Nachricht hat zu viele Empfänger.", \
        "Ce message a trop de destinataires.", \
        "Este mensaje tiene demasiados destinatarios.")

#define REPLY_ROWS(ROW) \
    REPLY_ROWS_RELAY(ROW) REPLY_ROWS_SENDER(ROW) REPLY_ROWS_RECIPIENTS(ROW) REPLY_ROWS_SIZE(ROW) \
    REPLY_ROWS_ATTACHMENTS(ROW) REPLY_ROWS_DNSBL(ROW) REPLY_ROWS_RATES(ROW) REPLY_ROWS_BLOCKS(ROW) \
    REPLY_ROWS_ACCOUNT(ROW) REPLY_ROWS_GENERAL(ROW)

/* The sentence that ends a refusal to relay, unless the administrator has another. */
#define REPLY_HOW_TO_AUTHENTICATE \
    "To send to others, log in first (SMTP AUTH), on port 587 with STARTTLS or on port 465."

#define REPLY_PARTS(PART) \
    PART(none, "", "", "", "") \
    PART(how_to_authenticate, REPLY_HOW_TO_AUTHENTICATE, \
        "Um an andere zu senden, melden Sie sich zuerst an (SMTP AUTH), auf Port 587 mit STARTTLS oder auf Port 465.", \
        "Pour écrire à d'autres, identifiez-vous d'abord (SMTP AUTH), sur le port 587 avec STARTTLS ou sur le port 465.", \
        "Para enviar a otros, inicie sesión primero (SMTP AUTH), en el puerto 587 con STARTTLS o en el puerto 465.") \
    PART(own_addresses, "one of your own addresses", "eine Ihrer eigenen Adressen", "l'une de vos propres adresses", \
        "una de sus propias direcciones") \
    PART(address_at, "an address at {domain}", "eine Adresse unter {domain}", "une adresse de {domain}", \
        "una dirección de {domain}") \
    PART(this_message, "This message", "Diese Nachricht", "Ce message", "Este mensaje") \
    PART(this_attachment, "The attachment {file}", "Der Anhang {file}", "Le fichier joint {file}", \
        "El archivo adjunto {file}") \
    PART(one_more, "{other_count} more attachment is not accepted either.", \
        "{other_count} weiterer Anhang wird ebenfalls nicht angenommen.", \
        "{other_count} autre fichier joint est également refusé.", \
        "Tampoco se acepta otro archivo adjunto ({other_count}).") \
    PART(more, "{other_count} more attachments are not accepted either.", \
        "{other_count} weitere Anhänge werden ebenfalls nicht angenommen.", \
        "{other_count} autres fichiers joints sont également refusés.", \
        "Tampoco se aceptan otros {other_count} archivos adjuntos.") \
    PART(to_other_domains, " to other domains", " an andere Domains", " vers d'autres domaines", " a otros dominios") \
    PART(until, " until {when}", " bis {when}", " jusqu'au {when}", " hasta el {when}") \
    PART(of_user, "{key}", "{key}", "{key}", "{key}") \
    PART(of_sender, "the sender address {key}", "die Absenderadresse {key}", "l'adresse d'expéditeur {key}", \
        "la dirección de remitente {key}") \
    PART(of_domain, "the domain {key}", "die Domain {key}", "le domaine {key}", "el dominio {key}") \
    PART(of_customer, "the customer {key}", "den Kunden {key}", "le client {key}", "el cliente {key}") \
    PART(of_address, "the address {key}", "die Adresse {key}", "l'adresse {key}", "la dirección {key}") \
    PART(of_uid, "the user {key}", "den Benutzer {key}", "l'utilisateur {key}", "el usuario {key}") \
    PART(of_script, "the script {key}", "das Skript {key}", "le script {key}", "el script {key}") \
    PART(never_fits, "It is more than this limit ever allows at once.", \
        "Das ist mehr, als dieses Limit je auf einmal erlaubt.", \
        "C'est plus que ce que cette limite permet en une seule fois.", \
        "Es más de lo que este límite permite de una vez.") \
    PART(fits_from, "It can be sent from {when} on.", "Ab {when} kann sie gesendet werden.", \
        "Il pourra être envoyé à partir du {when}.", "Se podrá enviar a partir del {when}.") \
    PART(message, "{amount} message", "{amount} Nachricht", "{amount} message", "{amount} mensaje") \
    PART(messages, "{amount} messages", "{amount} Nachrichten", "{amount} messages", "{amount} mensajes") \
    PART(recipient, "{amount} recipient", "{amount} Empfänger", "{amount} destinataire", "{amount} destinatario") \
    PART(recipients, "{amount} recipients", "{amount} Empfänger", "{amount} destinataires", "{amount} destinatarios") \
    PART(external_recipient, "{amount} external recipient", "{amount} externer Empfänger", \
        "{amount} destinataire externe", "{amount} destinatario externo") \
    PART(external_recipients, "{amount} external recipients", "{amount} externe Empfänger", \
        "{amount} destinataires externes", "{amount} destinatarios externos") \
    PART(internal_recipient, "{amount} internal recipient", "{amount} interner Empfänger", \
        "{amount} destinataire interne", "{amount} destinatario interno") \
    PART(internal_recipients, "{amount} internal recipients", "{amount} interne Empfänger", \
        "{amount} destinataires internes", "{amount} destinatarios internos") \
    PART(new_recipient, "{amount} new recipient", "{amount} neuer Empfänger", "{amount} nouveau destinataire", \
        "{amount} destinatario nuevo") \
    PART(new_recipients, "{amount} new recipients", "{amount} neue Empfänger", "{amount} nouveaux destinataires", \
        "{amount} destinatarios nuevos") \
    PART(refused_recipient, "{amount} refused recipient", "{amount} abgelehnter Empfänger", \
        "{amount} destinataire refusé", "{amount} destinatario rechazado") \
    PART(refused_recipients, "{amount} refused recipients", "{amount} abgelehnte Empfänger", \
        "{amount} destinataires refusés", "{amount} destinatarios rechazados") \
    PART(kilobytes, "{amount} kB", "{amount} kB", "{amount} ko", "{amount} kB") \
    PART(megabytes, "{amount} MB", "{amount} MB", "{amount} Mo", "{amount} MB") \
    PART(see, " See {help_url}", " Siehe {help_url}", " Voir {help_url}", " Véase {help_url}")
/* clang-format on */

#endif
