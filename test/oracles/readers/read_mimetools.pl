#!/usr/bin/perl
# Oracle: MIME-tools, which amavis and MIMEDefang read mail with. As read_email.py.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use MIME::Parser;

my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);
$parser->extract_nested_messages(1);
$parser->extract_uuencode(1);
$parser->ignore_errors(1);
$| = 1;

sub visit {
    my ($entity, $names, $contents) = @_;
    my $head = $entity->head;
    for my $name ($head->recommended_filename, $head->mime_attr('content-type.name'),
        $head->mime_attr('content-disposition.filename'))
    {
        $names->{$name} = 1 if defined $name && length $name;
    }
    if (my $body = $entity->bodyhandle) {
        my $data = $body->as_string;
        $contents->{substr $data, 0, 65536} = 1 if defined $data && length $data;
    }
    visit($_, $names, $contents) for $entity->parts;
}

while (my $path = <STDIN>) {
    chomp $path;
    my (%names, %contents);
    my $entity = eval { local $SIG{__WARN__} = sub { }; $parser->parse_open($path) };
    eval { local $SIG{__WARN__} = sub { }; visit($entity, \%names, \%contents) if $entity };
    # Names may be bytes or characters; each byte or character becomes one of JSON's.
    my @bytes = map { my $c = $_; utf8::encode($c) if utf8::is_utf8($c); $c } keys %contents;
    print JSON::PP->new->ascii->canonical->encode(
        {names => [sort keys %names], contents => [map { encode_base64($_, '') } @bytes]}), "\n";
}
