/*
 * The words of the customers' help page, in all languages: WORD(name, English, German, French, Spanish).
 * Values in braces are filled in as in replies (words/reply_words.h). "›" stands between the items of a menu.
 */
#ifndef CLOSEDRELAY_PAGE_PAGE_WORDS_H
#define CLOSEDRELAY_PAGE_PAGE_WORDS_H

/* clang-format off */
#define PAGE_WORDS_FRAME(WORD) \
    WORD(title, "Sending mail: rules and help", "Mail senden: Regeln und Hilfe", "Envoyer du courrier : règles et aide", \
        "Enviar correo: normas y ayuda") \
    WORD(title_of, "{provider}: sending mail", "{provider}: Mail senden", "{provider} : envoyer du courrier", \
        "{provider}: enviar correo") \
    WORD(lead, "What this mail server asks of you, how to set up your programs for it, and what to do when it refuses a message.", \
        "Was dieser Mailserver von Ihnen erwartet, wie Sie Ihre Programme dafür einrichten und was zu tun ist, wenn er eine Nachricht ablehnt.", \
        "Ce que ce serveur de messagerie attend de vous, comment régler vos logiciels et que faire lorsqu'il refuse un message.", \
        "Qué pide este servidor de correo, cómo configurar sus programas y qué hacer cuando rechaza un mensaje.") \
    WORD(contents, "Contents", "Inhalt", "Sommaire", "Contenido") \
    WORD(skip, "To the text", "Zum Text", "Aller au texte", "Ir al texto") \
    WORD(language_name, "English", "Deutsch", "Français", "Español") \
    WORD(languages, "Language", "Sprache", "Langue", "Idioma") \
    WORD(questions, "Questions: {contact}", "Fragen: {contact}", "Questions : {contact}", "Preguntas: {contact}") \
    WORD(made_from, "Made from the server's own settings.", "Erstellt aus den Einstellungen des Servers selbst.", \
        "Établi à partir des réglages mêmes du serveur.", "Elaborado a partir de los propios ajustes del servidor.")

#define PAGE_WORDS_RULES(WORD) \
    WORD(rules, "The rules in short", "Die Regeln in Kürze", "Les règles en bref", "Las normas en resumen") \
    WORD(rule_login, "Log in to send", "Zum Senden anmelden", "S'identifier pour envoyer", "Iniciar sesión para enviar") \
    WORD(rule_login_text, "Your mail program must log in to the outgoing server (SMTP AUTH), on port {submission_port} with STARTTLS or on port {smtps_port} with SSL/TLS. Without a login the server takes mail for its own domains only.", \
        "Ihr Mailprogramm muss sich am Postausgangsserver anmelden (SMTP AUTH), auf Port {submission_port} mit STARTTLS oder auf Port {smtps_port} mit SSL/TLS. Ohne Anmeldung nimmt der Server nur Mail für seine eigenen Domains an.", \
        "Votre logiciel doit s'identifier auprès du serveur d'envoi (SMTP AUTH), sur le port {submission_port} avec STARTTLS ou sur le port {smtps_port} avec SSL/TLS. Sans identification, le serveur n'accepte que le courrier destiné à ses propres domaines.", \
        "Su programa debe iniciar sesión en el servidor de salida (SMTP AUTH), en el puerto {submission_port} con STARTTLS o en el puerto {smtps_port} con SSL/TLS. Sin iniciar sesión, el servidor solo acepta correo para sus propios dominios.") \
    WORD(rule_login_one_text, "Your mail program must log in to the outgoing server (SMTP AUTH), on port {port} with {security}. Without a login the server takes mail for its own domains only.", \
        "Ihr Mailprogramm muss sich am Postausgangsserver anmelden (SMTP AUTH), auf Port {port} mit {security}. Ohne Anmeldung nimmt der Server nur Mail für seine eigenen Domains an.", \
        "Votre logiciel doit s'identifier auprès du serveur d'envoi (SMTP AUTH), sur le port {port} avec {security}. Sans identification, le serveur n'accepte que le courrier destiné à ses propres domaines.", \
        "Su programa debe iniciar sesión en el servidor de salida (SMTP AUTH), en el puerto {port} con {security}. Sin iniciar sesión, el servidor solo acepta correo para sus propios dominios.") \
    WORD(rule_sender, "Your own sender", "Der eigene Absender", "Votre propre expéditeur", "Su propio remitente") \
    WORD(rule_sender_domain, "Send from an address at the domain of your login.", \
        "Senden Sie von einer Adresse unter der Domain Ihrer Anmeldung.", \
        "Envoyez depuis une adresse du domaine de votre identifiant.", \
        "Envíe desde una dirección del dominio de su usuario.") \
    WORD(rule_sender_address, "Send from the address that you log in with.", "Senden Sie von der Adresse, mit der Sie sich anmelden.", \
        "Envoyez depuis l'adresse avec laquelle vous vous identifiez.", "Envíe desde la dirección con la que inicia sesión.") \
    WORD(rule_sender_table, "Send from an address that is listed for your login. Another one is added by the administrator.", \
        "Senden Sie von einer Adresse, die für Ihre Anmeldung eingetragen ist. Weitere trägt der Administrator ein.", \
        "Envoyez depuis une adresse enregistrée pour votre identifiant. L'administrateur peut en ajouter d'autres.", \
        "Envíe desde una dirección registrada para su usuario. El administrador puede añadir otras.") \
    WORD(rule_recipients, "Recipients", "Empfänger", "Destinataires", "Destinatarios") \
    WORD(rule_recipients_refuse, "At most {limit} in one message. With more, the message is sent to nobody: send it in several parts, or ask for a mailing list.", \
        "Höchstens {limit} in einer Nachricht. Bei mehr geht die Nachricht an niemanden: Senden Sie sie in mehreren Teilen, oder fragen Sie nach einer Mailingliste.", \
        "{limit} au plus par message. Au-delà, le message n'est envoyé à personne : envoyez-le en plusieurs fois ou demandez une liste de diffusion.", \
        "Como máximo {limit} por mensaje. Si hay más, el mensaje no se envía a nadie: envíelo en varias partes o pida una lista de correo.") \
    WORD(rule_recipients_some, "At most {limit} in one message; the others do not get it with this message.", \
        "Höchstens {limit} in einer Nachricht; die übrigen bekommen sie mit dieser Nachricht nicht.", \
        "{limit} au plus par message ; les autres ne le reçoivent pas avec ce message.", \
        "Como máximo {limit} por mensaje; los demás no lo reciben con este mensaje.") \
    WORD(rule_size, "Size", "Größe", "Taille", "Tamaño") \
    WORD(rule_size_message, "{limit} as mail: a file of about {file}, for files grow by a third when mailed. Send larger ones as a link.", \
        "{limit} als Mail: eine Datei von etwa {file}, denn Dateien werden als Mail um ein Drittel größer. Größere senden Sie als Link.", \
        "{limit} pour le message : un fichier d'environ {file}, car les fichiers grossissent d'un tiers dans un message. Au-delà, envoyez un lien.", \
        "{limit} como mensaje: un archivo de unos {file}, pues los archivos crecen un tercio al enviarse. Los mayores, envíelos como enlace.") \
    WORD(rule_size_attachment, "{limit} for each attachment. Send larger files as a link.", \
        "{limit} für jeden Anhang. Größere Dateien senden Sie als Link.", \
        "{limit} par fichier joint. Au-delà, envoyez un lien.", \
        "{limit} por archivo adjunto. Los mayores, envíelos como enlace.") \
    WORD(size_link, "Large files can be put here: {files_url}", "Große Dateien können Sie hier ablegen: {files_url}", \
        "Les gros fichiers peuvent être déposés ici : {files_url}", "Los archivos grandes pueden dejarse aquí: {files_url}") \
    WORD(rule_attachments, "Attachments", "Anhänge", "Fichiers joints", "Archivos adjuntos") \
    WORD(rule_attachments_text, "No programs, under whatever name and also not inside an archive.", \
        "Keine Programme, unter welchem Namen auch immer, auch nicht in einem Archiv.", \
        "Pas de programmes, sous quelque nom que ce soit, pas même dans une archive.", \
        "Ningún programa, con cualquier nombre, tampoco dentro de un archivo comprimido.") \
    WORD(rule_attachments_only, "Only these kinds of files: {extensions}.", "Nur diese Arten von Dateien: {extensions}.", \
        "Uniquement ces types de fichiers : {extensions}.", "Solo estos tipos de archivos: {extensions}.") \
    WORD(rule_rates, "How much", "Wie viel", "Combien", "Cuánto") \
    WORD(rate_calendar_day, "{limit} each day, from midnight on, for {holder}", "{limit} am Tag, ab Mitternacht, für {holder}", \
        "{limit} par jour, à partir de minuit, pour {holder}", "{limit} al día, a partir de medianoche, para {holder}") \
    WORD(rate_calendar_month, "{limit} each month, from its first day on, for {holder}", "{limit} im Monat, ab dem Ersten, für {holder}", \
        "{limit} par mois, à partir du premier jour, pour {holder}", "{limit} al mes, a partir del primer día, para {holder}") \
    WORD(rate_sliding, "at most {limit} within {period}, for {holder}", "höchstens {limit} innerhalb von {period}, für {holder}", \
        "{limit} au plus en {period}, pour {holder}", "como máximo {limit} en {period}, para {holder}") \
    WORD(rate_refill, "{limit} at once, and one more every {interval} after that, for {holder}", \
        "{limit} auf einmal, danach eins mehr alle {interval}, für {holder}", \
        "{limit} en une fois, puis un de plus toutes les {interval}, pour {holder}", \
        "{limit} de una vez y después uno más cada {interval}, para {holder}") \
    WORD(each_user, "each login", "jede Anmeldung", "chaque identifiant", "cada usuario") \
    WORD(each_sender, "each sender address", "jede Absenderadresse", "chaque adresse d'expéditeur", "cada dirección de remitente") \
    WORD(each_domain, "each domain", "jede Domain", "chaque domaine", "cada dominio") \
    WORD(each_customer, "each customer", "jeden Kunden", "chaque client", "cada cliente") \
    WORD(each_address, "each address that mail comes from", "jede Adresse, von der Mail kommt", \
        "chaque adresse d'où vient le courrier", "cada dirección de la que llega correo") \
    WORD(each_uid, "each user of the server", "jeden Benutzer des Servers", "chaque utilisateur du serveur", "cada usuario del servidor") \
    WORD(each_script, "each script", "jedes Skript", "chaque script", "cada script") \
    WORD(rates_kept, "What is beyond waits or is refused; the refusal says when it can be sent.", \
        "Was darüber liegt, wartet oder wird abgelehnt; die Ablehnung sagt, wann es gesendet werden kann.", \
        "Ce qui dépasse attend ou est refusé ; le refus indique quand l'envoi sera possible.", \
        "Lo que excede espera o se rechaza; el rechazo dice cuándo podrá enviarse.") \
    WORD(not_enforced, "At the moment the server only watches this and refuses nothing for it.", \
        "Im Moment beobachtet der Server das nur und lehnt deshalb nichts ab.", \
        "Pour le moment, le serveur se contente d'observer et ne refuse rien à ce titre.", \
        "Por el momento el servidor solo lo observa y no rechaza nada por ello.")

#define PAGE_WORDS_FILES(WORD) \
    WORD(files, "Which files are not accepted, and why", "Welche Dateien nicht angenommen werden und warum", \
        "Quels fichiers sont refusés, et pourquoi", "Qué archivos no se aceptan y por qué") \
    WORD(files_why, "Most viruses come as a program in an attachment. So files that run when they are opened are not accepted, whoever sends them:", \
        "Die meisten Viren kommen als Programm in einem Anhang. Deshalb werden Dateien, die beim Öffnen ausgeführt werden, nicht angenommen, wer auch immer sie sendet:", \
        "La plupart des virus arrivent sous forme de programme joint. Les fichiers qui s'exécutent à l'ouverture sont donc refusés, quel que soit l'expéditeur :", \
        "La mayoría de los virus llegan como un programa adjunto. Por eso no se aceptan archivos que se ejecutan al abrirlos, los envíe quien los envíe:") \
    WORD(files_none, "No file is refused for its name.", "Keine Datei wird wegen ihres Namens abgelehnt.", \
        "Aucun fichier n'est refusé à cause de son nom.", "Ningún archivo se rechaza por su nombre.") \
    WORD(files_names, "Nor files with these names: {names}", "Auch Dateien mit diesen Namen nicht: {names}", \
        "Ni les fichiers portant ces noms : {names}", "Tampoco archivos con estos nombres: {names}") \
    WORD(files_more_listed, "and others that the server keeps in a list", "und weitere, die der Server in einer Liste führt", \
        "et d'autres que le serveur tient dans une liste", "y otras que el servidor tiene en una lista") \
    WORD(files_instead, "What to do instead", "Was Sie stattdessen tun können", "Que faire à la place", "Qué hacer en su lugar") \
    WORD(files_instead_link, "Put the file on a web server or a cloud store and send a link to it.", \
        "Legen Sie die Datei auf einem Webserver oder in einem Cloud-Speicher ab und senden Sie einen Link.", \
        "Déposez le fichier sur un serveur web ou un stockage en ligne et envoyez un lien.", \
        "Deje el archivo en un servidor web o en la nube y envíe un enlace.") \
    WORD(files_instead_format, "Send a document in a format without programs: .pdf, .docx, .xlsx, .odt.", \
        "Senden Sie ein Dokument in einem Format ohne Programme: .pdf, .docx, .xlsx, .odt.", \
        "Envoyez un document dans un format sans programme : .pdf, .docx, .xlsx, .odt.", \
        "Envíe un documento en un formato sin programas: .pdf, .docx, .xlsx, .odt.") \
    WORD(files_instead_rename, "Do not rename the file, and do not hide it in an archive: the server looks inside.", \
        "Benennen Sie die Datei nicht um und verstecken Sie sie nicht in einem Archiv: Der Server sieht hinein.", \
        "Ne renommez pas le fichier et ne le cachez pas dans une archive : le serveur regarde à l'intérieur.", \
        "No cambie el nombre del archivo ni lo esconda en un archivo comprimido: el servidor mira dentro.") \
    WORD(files_also, "Also", "Außerdem", "En outre", "Además") \
    WORD(files_disguised, "a program under a name that is no program's", "ein Programm unter einem Namen, der keiner für Programme ist", \
        "un programme sous un nom qui n'est pas celui d'un programme", "un programa con un nombre que no es de programa") \
    WORD(files_encrypted, "an archive or document that needs a password", "ein Archiv oder Dokument, das ein Passwort verlangt", \
        "une archive ou un document qui demande un mot de passe", "un archivo comprimido o documento que requiere contraseña") \
    WORD(files_macros, "a document with macros", "ein Dokument mit Makros", "un document avec des macros", "un documento con macros") \
    WORD(files_uninspectable, "an archive that is damaged or cannot be looked into", "ein Archiv, das beschädigt ist oder nicht geprüft werden kann", \
        "une archive endommagée ou impossible à examiner", "un archivo comprimido dañado o que no se puede examinar") \
    WORD(files_ambiguous, "a message that mail programs read differently", "eine Nachricht, in der Mailprogramme Verschiedenes lesen", \
        "un message que les logiciels lisent différemment", "un mensaje que los programas leen de forma distinta") \
    WORD(files_over_budget, "more files within each other than are looked into", "mehr ineinander verpackte Dateien, als geprüft werden", \
        "plus de fichiers imbriqués que ce qui est examiné", "más archivos anidados de los que se examinan") \
    WORD(files_partial, "a message sent in pieces (message/partial)", "eine in Stücken gesendete Nachricht (message/partial)", \
        "un message envoyé en morceaux (message/partial)", "un mensaje enviado en fragmentos (message/partial)") \
    WORD(is_rejected, "{what}: refused", "{what}: abgelehnt", "{what} : refusé", "{what}: rechazado") \
    WORD(is_deferred, "{what}: refused for the time being", "{what}: vorläufig abgelehnt", "{what} : refusé provisoirement", "{what}: rechazado por ahora") \
    WORD(is_held, "{what}: held until the administrator has looked at it", "{what}: angehalten, bis der Administrator nachgesehen hat", \
        "{what} : retenu jusqu'à examen par l'administrateur", "{what}: retenido hasta que lo revise el administrador")

#define PAGE_WORDS_SETUP(WORD) \
    WORD(setup, "Setting up your program", "Ihr Programm einrichten", "Régler votre logiciel", "Configurar su programa") \
    WORD(setup_values, "Every program asks for the same values:", "Jedes Programm fragt nach denselben Werten:", \
        "Tous les logiciels demandent les mêmes valeurs :", "Todos los programas piden los mismos valores:") \
    WORD(value_server, "Outgoing server (SMTP)", "Postausgangsserver (SMTP)", "Serveur sortant (SMTP)", "Servidor de salida (SMTP)") \
    WORD(value_port, "Port", "Port", "Port", "Puerto") \
    WORD(value_ports, "{submission_port} with STARTTLS, or {smtps_port} with SSL/TLS", "{submission_port} mit STARTTLS oder {smtps_port} mit SSL/TLS", \
        "{submission_port} avec STARTTLS, ou {smtps_port} avec SSL/TLS", "{submission_port} con STARTTLS o {smtps_port} con SSL/TLS") \
    WORD(value_one_port, "{port} with {security}", "{port} mit {security}", "{port} avec {security}", "{port} con {security}") \
    WORD(value_auth, "Authentication", "Authentifizierung", "Authentification", "Autenticación") \
    WORD(value_auth_text, "normal password", "Passwort, normal", "mot de passe normal", "contraseña normal") \
    WORD(value_user, "User name", "Benutzername", "Nom d'utilisateur", "Nombre de usuario") \
    WORD(value_user_text, "your whole mail address, for example ann@{domain}", "Ihre ganze Mailadresse, zum Beispiel anna@{domain}", \
        "votre adresse complète, par exemple anne@{domain}", "su dirección completa, por ejemplo ana@{domain}") \
    WORD(value_incoming, "Incoming server (IMAP)", "Posteingangsserver (IMAP)", "Serveur entrant (IMAP)", "Servidor de entrada (IMAP)") \
    WORD(value_incoming_text, "{imap_host}, port {imap_port} with SSL/TLS", "{imap_host}, Port {imap_port} mit SSL/TLS", \
        "{imap_host}, port {imap_port} avec SSL/TLS", "{imap_host}, puerto {imap_port} con SSL/TLS") \
    WORD(value_webmail, "Webmail", "Webmail", "Webmail", "Webmail") \
    WORD(outlook, "Outlook", "Outlook", "Outlook", "Outlook") \
    WORD(outlook_1, "File › Account Settings › Account Settings, choose the account, Change.", \
        "Datei › Kontoeinstellungen › Kontoeinstellungen, das Konto wählen, Ändern.", \
        "Fichier › Paramètres du compte › Paramètres du compte, choisir le compte, Modifier.", \
        "Archivo › Configuración de la cuenta › Configuración de la cuenta, elegir la cuenta, Cambiar.") \
    WORD(outlook_2, "Outgoing mail: server {host}, port {port}, encryption {security}.", \
        "Ausgehende E-Mail: Server {host}, Port {port}, Verschlüsselung {security}.", \
        "Courrier sortant : serveur {host}, port {port}, chiffrement {security}.", \
        "Correo saliente: servidor {host}, puerto {port}, cifrado {security}.") \
    WORD(outlook_3, "In More Settings › Outgoing Server (where there is one) tick “My outgoing server requires authentication”.", \
        "Unter Weitere Einstellungen › Postausgangsserver (wo es das gibt) „Der Postausgangsserver erfordert Authentifizierung“ ankreuzen.", \
        "Dans Paramètres supplémentaires › Serveur sortant (si présent), cocher « Mon serveur sortant requiert une authentification ».", \
        "En Más configuraciones › Servidor de salida (si existe), marcar «Mi servidor de salida requiere autenticación».") \
    WORD(thunderbird, "Thunderbird", "Thunderbird", "Thunderbird", "Thunderbird") \
    WORD(thunderbird_1, "≡ › Account Settings › Outgoing Server (SMTP) › Edit.", "≡ › Konten-Einstellungen › Postausgangs-Server (SMTP) › Bearbeiten.", \
        "≡ › Paramètres des comptes › Serveur sortant (SMTP) › Modifier.", "≡ › Configuración de cuenta › Servidor de salida (SMTP) › Editar.") \
    WORD(thunderbird_2, "Server name {host}, port {port}, connection security {security}, authentication method “Normal password”.", \
        "Server {host}, Port {port}, Verbindungssicherheit {security}, Authentifizierungsmethode „Passwort, normal“.", \
        "Nom du serveur {host}, port {port}, sécurité de la connexion {security}, méthode d'authentification « Mot de passe normal ».", \
        "Nombre del servidor {host}, puerto {port}, seguridad de la conexión {security}, método de identificación «Contraseña normal».") \
    WORD(apple_mail, "Apple Mail", "Apple Mail", "Apple Mail", "Apple Mail") \
    WORD(apple_mail_1, "Mail › Settings › Accounts, choose the account, Server Settings.", \
        "Mail › Einstellungen › Accounts, den Account wählen, Servereinstellungen.", \
        "Mail › Réglages › Comptes, choisir le compte, Réglages du serveur.", \
        "Mail › Ajustes › Cuentas, elegir la cuenta, Ajustes del servidor.") \
    WORD(apple_mail_2, "Outgoing mail server: host name {host}, port {port}, Use TLS/SSL, authentication “Password”.", \
        "Server für ausgehende E-Mails: Hostname {host}, Port {port}, TLS/SSL verwenden, Authentifizierung „Passwort“.", \
        "Serveur d'envoi : nom d'hôte {host}, port {port}, utiliser TLS/SSL, authentification « Mot de passe ».", \
        "Servidor de correo saliente: nombre de host {host}, puerto {port}, usar TLS/SSL, autenticación «Contraseña».") \
    WORD(iphone, "iPhone and iPad", "iPhone und iPad", "iPhone et iPad", "iPhone y iPad") \
    WORD(iphone_1, "Settings › Apps › Mail › Mail Accounts (before iOS 18: Settings › Mail › Accounts), choose the account, tap its address, then SMTP › Primary Server.", \
        "Einstellungen › Apps › Mail › Mail-Accounts (vor iOS 18: Einstellungen › Mail › Accounts), den Account und seine Adresse antippen, dann SMTP › Primärer Server.", \
        "Réglages › Apps › Mail › Comptes Mail (avant iOS 18 : Réglages › Mail › Comptes), toucher le compte puis son adresse, puis SMTP › Serveur principal.", \
        "Ajustes › Apps › Mail › Cuentas de Mail (antes de iOS 18: Ajustes › Mail › Cuentas), tocar la cuenta y su dirección, después SMTP › Servidor principal.") \
    WORD(iphone_2, "Host name {host}, your user name and password, Use SSL on, authentication “Password”, server port {port}.", \
        "Hostname {host}, Ihr Benutzername und Passwort, SSL verwenden ein, Authentifizierung „Passwort“, Serverport {port}.", \
        "Nom d'hôte {host}, vos nom d'utilisateur et mot de passe, Utiliser SSL activé, authentification « Mot de passe », port du serveur {port}.", \
        "Nombre de host {host}, su usuario y contraseña, Usar SSL activado, autenticación «Contraseña», puerto del servidor {port}.") \
    WORD(android, "Android (Gmail app)", "Android (Gmail-App)", "Android (application Gmail)", "Android (aplicación Gmail)") \
    WORD(android_1, "≡ › Settings, choose the account, Outgoing settings.", "≡ › Einstellungen, das Konto wählen, Einstellungen für ausgehende E-Mails.", \
        "≡ › Paramètres, choisir le compte, Paramètres d'envoi.", "≡ › Ajustes, elegir la cuenta, Ajustes de correo saliente.") \
    WORD(android_2, "“Require sign-in” on, SMTP server {host}, port {port}, security type {security}.", \
        "„Anmeldung erforderlich“ ein, SMTP-Server {host}, Port {port}, Sicherheitstyp {security}.", \
        "« Exiger la connexion » activé, serveur SMTP {host}, port {port}, type de sécurité {security}.", \
        "«Solicitar inicio de sesión» activado, servidor SMTP {host}, puerto {port}, tipo de seguridad {security}.") \
    WORD(k9, "K-9 Mail and Thunderbird for Android", "K-9 Mail und Thunderbird für Android", "K-9 Mail et Thunderbird pour Android", "K-9 Mail y Thunderbird para Android") \
    WORD(k9_1, "Settings, choose the account, Sending mail › Outgoing server.", "Einstellungen, das Konto wählen, Nachrichten senden › Postausgangsserver.", \
        "Paramètres, choisir le compte, Envoi du courrier › Serveur sortant.", "Ajustes, elegir la cuenta, Envío de correo › Servidor de salida.") \
    WORD(k9_2, "SMTP server {host}, security {security}, port {port}, “Require sign-in” on, authentication “Normal password”.", \
        "SMTP-Server {host}, Sicherheit {security}, Port {port}, „Anmeldung notwendig“ ein, Authentifizierung „Passwort, normal“.", \
        "Serveur SMTP {host}, sécurité {security}, port {port}, « Identification requise » activé, authentification « Mot de passe normal ».", \
        "Servidor SMTP {host}, seguridad {security}, puerto {port}, «Requiere identificación» activado, autenticación «Contraseña normal».") \
    WORD(printer, "Printers and scanners", "Drucker und Scanner", "Imprimantes et scanners", "Impresoras y escáneres") \
    WORD(printer_1, "Give the device a mailbox of its own; then its password can be changed without disturbing anybody.", \
        "Geben Sie dem Gerät ein eigenes Postfach; dann lässt sich dessen Passwort ändern, ohne jemanden zu stören.", \
        "Donnez à l'appareil sa propre boîte ; son mot de passe pourra être changé sans déranger personne.", \
        "Dé al aparato un buzón propio; así se puede cambiar su contraseña sin molestar a nadie.") \
    WORD(printer_2, "In its web page, under e-mail or SMTP: server {host}, port {port}, {security}, authentication on, user and password of that mailbox.", \
        "Auf seiner Webseite, unter E-Mail oder SMTP: Server {host}, Port {port}, {security}, Authentifizierung ein, Benutzer und Passwort dieses Postfachs.", \
        "Dans sa page web, sous e-mail ou SMTP : serveur {host}, port {port}, {security}, authentification activée, utilisateur et mot de passe de cette boîte.", \
        "En su página web, en correo o SMTP: servidor {host}, puerto {port}, {security}, autenticación activada, usuario y contraseña de ese buzón.") \
    WORD(printer_3, "As sender use the mailbox's own address.", "Als Absender die Adresse dieses Postfachs verwenden.", \
        "Comme expéditeur, utiliser l'adresse de cette boîte.", "Como remitente, usar la dirección de ese buzón.") \
    WORD(wordpress, "WordPress", "WordPress", "WordPress", "WordPress") \
    WORD(wordpress_1, "Install a plugin for SMTP, for example WP Mail SMTP, and choose “Other SMTP” as the mailer.", \
        "Ein Plugin für SMTP installieren, zum Beispiel WP Mail SMTP, und als Mailer „Anderer SMTP“ wählen.", \
        "Installer une extension SMTP, par exemple WP Mail SMTP, et choisir « Autre SMTP » comme service d'envoi.", \
        "Instalar un complemento SMTP, por ejemplo WP Mail SMTP, y elegir «Otro SMTP» como servicio de envío.") \
    WORD(wordpress_2, "SMTP host {host}, encryption {security}, port {port}, authentication on, user name and password of a mailbox.", \
        "SMTP-Host {host}, Verschlüsselung {security}, Port {port}, Authentifizierung ein, Benutzername und Passwort eines Postfachs.", \
        "Hôte SMTP {host}, chiffrement {security}, port {port}, authentification activée, nom d'utilisateur et mot de passe d'une boîte.", \
        "Host SMTP {host}, cifrado {security}, puerto {port}, autenticación activada, usuario y contraseña de un buzón.") \
    WORD(wordpress_3, "As From address use that mailbox, and force it: the address of a visitor belongs into Reply-To.", \
        "Als Absender dieses Postfach verwenden und erzwingen: Die Adresse eines Besuchers gehört in Reply-To.", \
        "Comme adresse From, utiliser cette boîte et la forcer : l'adresse d'un visiteur va dans Reply-To.", \
        "Como dirección From, usar ese buzón y forzarlo: la dirección de un visitante va en Reply-To.") \
    WORD(php, "PHP and other programs", "PHP und andere Programme", "PHP et autres programmes", "PHP y otros programas") \
    WORD(php_1, "With PHPMailer (other libraries take the same values):", "Mit PHPMailer (andere Bibliotheken nehmen dieselben Werte):", \
        "Avec PHPMailer (les autres bibliothèques prennent les mêmes valeurs) :", "Con PHPMailer (otras bibliotecas usan los mismos valores):")

#define PAGE_WORDS_REFUSALS(WORD) \
    WORD(refusals, "What a refusal means", "Was eine Ablehnung bedeutet", "Ce que signifie un refus", "Qué significa un rechazo") \
    WORD(refusals_text, "A refusal says in one line what was wrong. Its last word in brackets is an id: name it when you ask for help, and the administrator sees everything that was decided. What stands for names and numbers below is shown as […].", \
        "Eine Ablehnung sagt in einer Zeile, was nicht stimmte. Am Ende steht in Klammern eine Id: Nennen Sie sie, wenn Sie um Hilfe bitten, dann sieht der Administrator alles, was entschieden wurde. Namen und Zahlen stehen hier als […].", \
        "Un refus dit en une ligne ce qui n'allait pas. Il se termine par un identifiant entre parenthèses : indiquez-le en demandant de l'aide, et l'administrateur verra tout ce qui a été décidé. Les noms et les nombres sont remplacés ici par […].", \
        "Un rechazo dice en una línea qué estaba mal. Termina con un identificador entre paréntesis: indíquelo al pedir ayuda y el administrador verá todo lo que se decidió. Los nombres y números aparecen aquí como […].") \
    WORD(of_relay, "Sending to others", "Senden an andere", "Envoyer à d'autres", "Enviar a otros") \
    WORD(of_sender, "The sender", "Der Absender", "L'expéditeur", "El remitente") \
    WORD(of_recipients, "The recipients", "Die Empfänger", "Les destinataires", "Los destinatarios") \
    WORD(of_size, "The size", "Die Größe", "La taille", "El tamaño") \
    WORD(of_attachments, "The attachments", "Die Anhänge", "Les fichiers joints", "Los archivos adjuntos") \
    WORD(of_dnsbl, "Block lists", "Sperrlisten", "Listes de blocage", "Listas de bloqueo") \
    WORD(of_rates, "Limits in time", "Zeitliche Limits", "Limites dans le temps", "Límites de tiempo") \
    WORD(of_blocks, "Blocked accounts", "Gesperrte Konten", "Comptes bloqués", "Cuentas bloqueadas") \
    WORD(of_general, "Others", "Sonstiges", "Autres", "Otros") \
    WORD(do_login, "Your program did not log in. Switch on authentication for the outgoing server, as described under “Setting up your program”.", \
        "Ihr Programm hat sich nicht angemeldet. Schalten Sie die Authentifizierung für den Postausgangsserver ein, wie unter „Ihr Programm einrichten“ beschrieben.", \
        "Votre logiciel ne s'est pas identifié. Activez l'authentification pour le serveur sortant, comme décrit sous « Régler votre logiciel ».", \
        "Su programa no inició sesión. Active la autenticación para el servidor de salida, como se describe en «Configurar su programa».") \
    WORD(do_address, "The recipient's address is not written as one. Write it as name@example.com.", \
        "Die Adresse des Empfängers ist nicht richtig geschrieben. Schreiben Sie sie als name@example.com.", \
        "L'adresse du destinataire est mal écrite. Écrivez-la sous la forme nom@example.com.", \
        "La dirección del destinatario está mal escrita. Escríbala como nombre@example.com.") \
    WORD(do_later, "Nothing is wrong with your message. Mail servers try again by themselves; in a mail program press Send again in some minutes. If it lasts, tell the administrator.", \
        "An Ihrer Nachricht ist nichts falsch. Mailserver versuchen es von selbst wieder; im Mailprogramm drücken Sie in einigen Minuten noch einmal auf Senden. Dauert es an, sagen Sie es dem Administrator.", \
        "Votre message n'est pas en cause. Les serveurs réessaient d'eux-mêmes ; dans un logiciel, appuyez de nouveau sur Envoyer dans quelques minutes. Si cela persiste, prévenez l'administrateur.", \
        "Su mensaje no tiene nada malo. Los servidores reintentan por sí mismos; en un programa, pulse Enviar de nuevo dentro de unos minutos. Si persiste, avise al administrador.") \
    WORD(do_sender, "Set the sender address of your program to your own. If the address is yours, ask the administrator to allow it for your login.", \
        "Stellen Sie in Ihrem Programm als Absender Ihre eigene Adresse ein. Gehört die Adresse Ihnen, bitten Sie den Administrator, sie für Ihre Anmeldung zu erlauben.", \
        "Réglez l'adresse d'expéditeur de votre logiciel sur la vôtre. Si l'adresse est à vous, demandez à l'administrateur de l'autoriser pour votre identifiant.", \
        "Ponga en su programa su propia dirección como remitente. Si la dirección es suya, pida al administrador que la permita para su usuario.") \
    WORD(do_identity, "A device, script or server may only send from the addresses that are allowed for it. Set its sender to one of these.", \
        "Ein Gerät, Skript oder Server darf nur von Adressen senden, die dafür erlaubt sind. Stellen Sie eine davon als Absender ein.", \
        "Un appareil, un script ou un serveur ne peut envoyer que depuis les adresses qui lui sont permises. Réglez son expéditeur sur l'une d'elles.", \
        "Un aparato, script o servidor solo puede enviar desde las direcciones que tiene permitidas. Ponga una de ellas como remitente.") \
    WORD(do_from, "The From: line is written by your program. Enter one plain address as the sender there; scripts must write exactly one such line.", \
        "Die From:-Zeile schreibt Ihr Programm. Tragen Sie dort eine einfache Adresse als Absender ein; Skripte müssen genau eine solche Zeile schreiben.", \
        "La ligne From: est écrite par votre logiciel. Indiquez-y une seule adresse simple ; les scripts doivent écrire exactement une telle ligne.", \
        "La línea From: la escribe su programa. Indique en él una sola dirección sencilla; los scripts deben escribir exactamente una línea así.") \
    WORD(do_own_domain, "Mail from the server's own addresses is taken from who logs in only. Log in to send, or have forwarding services named to the administrator.", \
        "Mail von Adressen dieses Servers wird nur von angemeldeten Benutzern angenommen. Melden Sie sich zum Senden an, oder nennen Sie dem Administrator den weiterleitenden Dienst.", \
        "Le courrier portant une adresse de ce serveur n'est accepté que des utilisateurs identifiés. Identifiez-vous, ou indiquez à l'administrateur le service qui transfère.", \
        "El correo con direcciones de este servidor solo se acepta de quien inicia sesión. Inicie sesión o indique al administrador el servicio que reenvía.") \
    WORD(do_recipients, "Send the message in several parts with at most {limit} recipients each. For the same people again and again ask for a mailing list.", \
        "Senden Sie die Nachricht in mehreren Teilen mit jeweils höchstens {limit} Empfängern. Für immer dieselben Empfänger fragen Sie nach einer Mailingliste.", \
        "Envoyez le message en plusieurs fois, avec {limit} destinataires au plus à chaque fois. Pour toujours les mêmes personnes, demandez une liste de diffusion.", \
        "Envíe el mensaje en varias partes, con un máximo de {limit} destinatarios cada una. Para las mismas personas una y otra vez, pida una lista de correo.") \
    WORD(do_size, "Make pictures smaller, send several messages, or put the file somewhere and send a link.", \
        "Verkleinern Sie Bilder, senden Sie mehrere Nachrichten, oder legen Sie die Datei irgendwo ab und senden Sie einen Link.", \
        "Réduisez les images, envoyez plusieurs messages, ou déposez le fichier et envoyez un lien.", \
        "Reduzca las imágenes, envíe varios mensajes o deje el archivo en algún sitio y envíe un enlace.") \
    WORD(do_file, "See “Which files are not accepted, and why” for what to do instead. If you did not attach the file that is named, your computer may have a virus.", \
        "Was Sie stattdessen tun können, steht unter „Welche Dateien nicht angenommen werden und warum“. Haben Sie die genannte Datei nicht angehängt, hat Ihr Rechner vielleicht einen Virus.", \
        "Voir « Quels fichiers sont refusés, et pourquoi » pour savoir que faire. Si vous n'avez pas joint le fichier cité, votre ordinateur a peut-être un virus.", \
        "Véase «Qué archivos no se aceptan y por qué» para saber qué hacer. Si usted no adjuntó el archivo citado, su ordenador puede tener un virus.") \
    WORD(do_password_file, "Send the file without a password, or give the recipient a link and the password by another way.", \
        "Senden Sie die Datei ohne Passwort, oder geben Sie dem Empfänger einen Link und das Passwort auf anderem Weg.", \
        "Envoyez le fichier sans mot de passe, ou donnez au destinataire un lien, et le mot de passe par une autre voie.", \
        "Envíe el archivo sin contraseña, o dé al destinatario un enlace y la contraseña por otra vía.") \
    WORD(do_pack, "Pack the files again as a plain .zip with few files, and attach it to a new message.", \
        "Packen Sie die Dateien neu als einfache .zip-Datei mit wenigen Dateien und hängen Sie sie an eine neue Nachricht an.", \
        "Compressez de nouveau les fichiers en un simple .zip contenant peu de fichiers, et joignez-le à un nouveau message.", \
        "Comprima de nuevo los archivos en un .zip sencillo con pocos archivos y adjúntelo a un mensaje nuevo.") \
    WORD(do_new_message, "Write a new message and attach the files to it, instead of forwarding or resending the old one.", \
        "Schreiben Sie eine neue Nachricht und hängen Sie die Dateien an, statt die alte weiterzuleiten oder erneut zu senden.", \
        "Écrivez un nouveau message et joignez-y les fichiers, au lieu de transférer ou de renvoyer l'ancien.", \
        "Escriba un mensaje nuevo y adjunte los archivos, en lugar de reenviar el antiguo.") \
    WORD(do_macros, "Save the document without macros (.docx, .xlsx, .pptx or .pdf).", "Speichern Sie das Dokument ohne Makros (.docx, .xlsx, .pptx oder .pdf).", \
        "Enregistrez le document sans macros (.docx, .xlsx, .pptx ou .pdf).", "Guarde el documento sin macros (.docx, .xlsx, .pptx o .pdf).") \
    WORD(do_listed, "See “Getting off a block list”.", "Siehe „Von einer Sperrliste herunterkommen“.", "Voir « Sortir d'une liste de blocage ».", \
        "Véase «Salir de una lista de bloqueo».") \
    WORD(do_rate, "Wait until the time that the refusal names. If you did not send so much, change your password at once: somebody else may be using it.", \
        "Warten Sie bis zu der Zeit, die in der Ablehnung steht. Haben Sie nicht so viel gesendet, ändern Sie sofort Ihr Passwort: Vielleicht benutzt es jemand anderes.", \
        "Attendez l'heure indiquée dans le refus. Si vous n'avez pas tant envoyé, changez tout de suite votre mot de passe : quelqu'un d'autre l'utilise peut-être.", \
        "Espere hasta la hora que indica el rechazo. Si usted no envió tanto, cambie enseguida su contraseña: quizá la use otra persona.") \
    WORD(do_locked, "Change your password and look for malware on your devices; then ask the administrator to open the account again.", \
        "Ändern Sie Ihr Passwort und prüfen Sie Ihre Geräte auf Schadsoftware; dann bitten Sie den Administrator, das Konto wieder zu öffnen.", \
        "Changez votre mot de passe et cherchez des logiciels malveillants sur vos appareils ; demandez ensuite à l'administrateur de rouvrir le compte.", \
        "Cambie su contraseña y busque programas maliciosos en sus dispositivos; después pida al administrador que vuelva a abrir la cuenta.") \
    WORD(do_ask, "Ask the administrator, and name the id.", "Fragen Sie den Administrator und nennen Sie die Id.", \
        "Adressez-vous à l'administrateur en indiquant l'identifiant.", "Consulte al administrador e indique el identificador.")

#define PAGE_WORDS_REST(WORD) \
    WORD(lists, "Getting off a block list", "Von einer Sperrliste herunterkommen", "Sortir d'une liste de blocage", "Salir de una lista de bloqueo") \
    WORD(lists_none, "This server asks no block list.", "Dieser Server fragt keine Sperrliste.", "Ce serveur n'interroge aucune liste de blocage.", \
        "Este servidor no consulta ninguna lista de bloqueo.") \
    WORD(lists_asked, "The address that mail comes from is looked up in: {lists}. They list computers from which viruses or spam were sent.", \
        "Die Adresse, von der Mail kommt, wird nachgeschlagen in: {lists}. Dort stehen Rechner, von denen Viren oder Spam kamen.", \
        "L'adresse d'où vient le courrier est recherchée dans : {lists}. Elles recensent des ordinateurs d'où sont partis des virus ou du spam.", \
        "La dirección de la que llega el correo se busca en: {lists}. Recogen ordenadores desde los que se enviaron virus o spam.") \
    WORD(lists_evidence, "Who logs in is not refused for it; the administrator is told.", "Wer sich anmeldet, wird deshalb nicht abgelehnt; der Administrator erfährt es.", \
        "Qui s'identifie n'est pas refusé pour cela ; l'administrateur en est averti.", "A quien inicia sesión no se le rechaza por ello; se avisa al administrador.") \
    WORD(lists_1, "Look for the cause first: scan every device behind your connection, also phones and cameras, and change the passwords of your mailboxes.", \
        "Suchen Sie zuerst die Ursache: Prüfen Sie jedes Gerät hinter Ihrem Anschluss, auch Telefone und Kameras, und ändern Sie die Passwörter Ihrer Postfächer.", \
        "Cherchez d'abord la cause : analysez chaque appareil derrière votre connexion, téléphones et caméras compris, et changez les mots de passe de vos boîtes.", \
        "Busque primero la causa: analice cada dispositivo detrás de su conexión, también teléfonos y cámaras, y cambie las contraseñas de sus buzones.") \
    WORD(lists_2, "Then ask the list to remove your address: {url}", "Dann bitten Sie die Liste, Ihre Adresse zu entfernen: {url}", \
        "Demandez ensuite à la liste de retirer votre adresse : {url}", "Después pida a la lista que retire su dirección: {url}") \
    WORD(lists_2_any, "Then ask the list that the refusal names to remove your address; its web page says how.", \
        "Dann bitten Sie die in der Ablehnung genannte Liste, Ihre Adresse zu entfernen; ihre Webseite sagt, wie.", \
        "Demandez ensuite à la liste citée dans le refus de retirer votre adresse ; sa page web explique comment.", \
        "Después pida a la lista citada en el rechazo que retire su dirección; su página web explica cómo.") \
    WORD(lists_3, "In a hotel or on a mobile network the address is shared with strangers: use another network, or webmail.", \
        "Im Hotel oder im Mobilfunknetz teilen Sie die Adresse mit Fremden: Nehmen Sie ein anderes Netz oder Webmail.", \
        "À l'hôtel ou sur un réseau mobile, l'adresse est partagée avec des inconnus : utilisez un autre réseau ou le webmail.", \
        "En un hotel o en una red móvil la dirección se comparte con desconocidos: use otra red o el webmail.") \
    WORD(privacy, "What is logged, and for how long", "Was protokolliert wird und wie lange", "Ce qui est enregistré, et combien de temps", "Qué se registra y durante cuánto tiempo") \
    WORD(privacy_kept, "Of each message the server writes one line: when it came, from which address and login, its sender and recipients, its size, the names of its attachments, and what was decided and why. The text of a message is never kept.", \
        "Von jeder Nachricht schreibt der Server eine Zeile: wann sie kam, von welcher Adresse und Anmeldung, Absender und Empfänger, Größe, Namen der Anhänge, und was entschieden wurde und warum. Der Text einer Nachricht wird nie aufbewahrt.", \
        "De chaque message, le serveur écrit une ligne : quand il est arrivé, de quelle adresse et sous quel identifiant, son expéditeur et ses destinataires, sa taille, les noms des fichiers joints, ce qui a été décidé et pourquoi. Le texte d'un message n'est jamais conservé.", \
        "De cada mensaje el servidor escribe una línea: cuándo llegó, desde qué dirección y usuario, su remitente y destinatarios, su tamaño, los nombres de los adjuntos, y qué se decidió y por qué. El texto de un mensaje nunca se conserva.") \
    WORD(privacy_none, "The server keeps no file of what was sent.", "Der Server führt keine Datei darüber, was gesendet wurde.", \
        "Le serveur ne tient aucun fichier de ce qui a été envoyé.", "El servidor no guarda ningún archivo de lo enviado.") \
    WORD(privacy_retain, "These lines are deleted after {period}.", "Diese Zeilen werden nach {period} gelöscht.", \
        "Ces lignes sont effacées après {period}.", "Estas líneas se borran después de {period}.") \
    WORD(privacy_forever, "These lines are kept without a fixed limit.", "Diese Zeilen werden ohne feste Frist aufbewahrt.", \
        "Ces lignes sont conservées sans limite fixée.", "Estas líneas se conservan sin un plazo fijo.") \
    WORD(privacy_hash, "{what}: replaced by a code that says nothing without its key", "{what}: ersetzt durch einen Code, der ohne seinen Schlüssel nichts sagt", \
        "{what} : remplacés par un code qui ne dit rien sans sa clé", "{what}: sustituidos por un código que no dice nada sin su clave") \
    WORD(privacy_cut, "{what}: shortened", "{what}: gekürzt", "{what} : abrégés", "{what}: acortados") \
    WORD(privacy_omit, "{what}: not written down", "{what}: nicht aufgeschrieben", "{what} : non écrits", "{what}: no se anotan") \
    WORD(what_addresses, "Senders and recipients", "Absender und Empfänger", "Expéditeurs et destinataires", "Remitentes y destinatarios") \
    WORD(what_logins, "Logins", "Anmeldungen", "Identifiants", "Usuarios") \
    WORD(what_clients, "Addresses that mail comes from", "Adressen, von denen Mail kommt", "Adresses d'où vient le courrier", "Direcciones de las que llega el correo") \
    WORD(what_files, "Names of attachments", "Namen der Anhänge", "Noms des fichiers joints", "Nombres de los adjuntos") \
    WORD(port_25, "Port 25 from this network", "Port 25 aus diesem Netz", "Le port 25 depuis ce réseau", "El puerto 25 desde esta red") \
    WORD(port_25_redirected, "Connections to port 25 of any mail server are led to this one, so that infected computers cannot send past it. To see it, look at who answers:", \
        "Verbindungen zu Port 25 irgendeines Mailservers werden zu diesem umgeleitet, damit befallene Rechner nicht an ihm vorbei senden. Um es zu sehen, schauen Sie, wer antwortet:", \
        "Les connexions au port 25 de tout serveur de messagerie sont dirigées vers celui-ci, pour que des ordinateurs infectés ne puissent pas envoyer sans passer par lui. Pour le voir, regardez qui répond :", \
        "Las conexiones al puerto 25 de cualquier servidor de correo se dirigen a este, para que los ordenadores infectados no puedan enviar sin pasar por él. Para verlo, mire quién responde:") \
    WORD(port_25_seen, "If the first line names {host} and not the server you asked for, the connection was led here.", \
        "Nennt die erste Zeile {host} und nicht den gefragten Server, wurde die Verbindung hierher geleitet.", \
        "Si la première ligne cite {host} et non le serveur demandé, la connexion a été dirigée ici.", \
        "Si la primera línea cita {host} y no el servidor pedido, la conexión se dirigió aquí.") \
    WORD(port_25_blocked, "Connections to port 25 outside are not let through. Send through this server, on the ports above.", \
        "Verbindungen zu Port 25 nach außen werden nicht durchgelassen. Senden Sie über diesen Server, auf den oben genannten Ports.", \
        "Les connexions sortantes vers le port 25 sont bloquées. Envoyez par ce serveur, sur les ports indiqués ci-dessus.", \
        "Las conexiones salientes al puerto 25 están bloqueadas. Envíe a través de este servidor, por los puertos indicados arriba.") \
    WORD(port_25_instead, "A mail server of your own sends through this one: name it as relay host (smart host), with a login.", \
        "Ein eigener Mailserver sendet über diesen: Tragen Sie ihn als Relay-Host (Smarthost) ein, mit Anmeldung.", \
        "Un serveur de messagerie à vous envoie par celui-ci : déclarez-le comme relais (smart host), avec identification.", \
        "Un servidor de correo propio envía a través de este: indíquelo como relay (smart host), con inicio de sesión.") \
    WORD(second, "second", "Sekunde", "seconde", "segundo") WORD(seconds, "seconds", "Sekunden", "secondes", "segundos") \
    WORD(minute, "minute", "Minute", "minute", "minuto") WORD(minutes, "minutes", "Minuten", "minutes", "minutos") \
    WORD(hour, "hour", "Stunde", "heure", "hora") WORD(hours, "hours", "Stunden", "heures", "horas") \
    WORD(day, "day", "Tag", "jour", "día") WORD(days, "days", "Tagen", "jours", "días")

#define PAGE_WORDS(WORD) \
    PAGE_WORDS_FRAME(WORD) PAGE_WORDS_RULES(WORD) PAGE_WORDS_FILES(WORD) PAGE_WORDS_SETUP(WORD) \
    PAGE_WORDS_REFUSALS(WORD) PAGE_WORDS_REST(WORD)
/* clang-format on */

enum page_word {
#define PAGE_NAME(name, ...) PAGE_##name,
    PAGE_WORDS(PAGE_NAME)
#undef PAGE_NAME
        PAGE_WORD_COUNT
};

#endif
