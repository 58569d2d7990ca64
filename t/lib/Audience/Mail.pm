# Audience::Mail: an e-mail as a mail program reads it, by Perl's own modules.
#
#   my $mail = Audience::Mail->read($file);     # or ->parse($bytes)
#   $mail->{subject} to from id date language   headers, decoded
#   $mail->{text} html                          parts, decoded, lines end with LF
#   $mail->{raw}                                all of it
#   $mail->link                                 the first address in the text

package Audience::Mail;

use strict;
use warnings;

use Encode ();
use MIME::Base64 ();


sub read
{
    my ($class, $path) = @_;

    open my $file, '<', $path or die "$path: $!";
    binmode $file;
    local $/;
    return $class->parse(scalar <$file>);
}


sub parse
{
    my ($class, $raw) = @_;

    (my $lf = $raw) =~ s/\r\n/\n/g;
    my ($head, $body) = split /\n\n/, $lf, 2;

    $head =~ s/\n[ \t]+/ /g;
    my %header;

    for my $line (split /\n/, $head) {
        my ($name, $value) = $line =~ /^([^:\s]+): *(.*)$/
            or die "not a header: $line\n";
        push @{ $header{lc $name} }, Encode::decode('MIME-Header', $value);
    }

    my $mail = bless {
        raw => $raw, head => $head, header => \%header,
        map({; $_ => $header{$_}[0] } qw(subject to from date)),
        id => $header{'message-id'}[0],
        language => $header{'content-language'}[0],
    }, $class;

    my ($boundary) = $header{'content-type'}[0] =~ /boundary="([^"]+)"/
        or die "no boundary\n";

    for my $part (split /^--\Q$boundary\E(?:--)?\n/m, $body) {
        my ($type) = $part =~ m{^Content-Type: text/(\w+); charset=utf-8\n}
            or next;
        my $bytes = MIME::Base64::decode($part =~ s/^.*?\n\n//sr);

        $bytes =~ s/\r\n/\n/g;
        $mail->{ $type eq 'plain' ? 'text' : $type }
            = Encode::decode('UTF-8', $bytes, Encode::FB_CROAK);
    }
    return $mail;
}


sub link
{
    my ($mail) = @_;
    return $mail->{text} =~ m{^(https?://\S+)$}m ? $1 : undef;
}

1;
