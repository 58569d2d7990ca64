# Every way to send a file leads to the same import: raw or as a form, with or
# without a length, HTTP/1.1 or HTTP/2, in one piece or byte by byte.

use lib 't/lib';
use Audience::Test;
use IO::Socket qw(IPPROTO_TCP TCP_NODELAY);
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start;

my @header = ('phoneNumber', 'email', 'city', 'address', 'taxDocument', 'name',
              'time do coração', 'gosta de futebol?', 'idade');
my @rows = (
    ['11987654321', 'jose@example.com', 'São Paulo', 'Rua "A", 1',
     '529.982.247-25', 'José da Silva', 'Ponte Preta', 'sim', '31'],
    ['+55 21 98765-4321', '', 'Rio', "Av. B\n2º andar", '', 'Ângela; Souza',
     'América', 'não', '27'],
    ['(31) 3222-1111', 'x@example.com', 'Belo Horizonte', '', '',
     'Conceição', '', 'sim', ''],
);
my $comma = csv(',', "\n");
my $n = 0;


# --- the ways -----------------------------------------------------------------

my $usual = outcome('a raw body', sub { $t->upload('crm.csv', $comma, @_) });

is_deeply($usual->{import}{columns}, \@header, 'all columns, in their order');
is($usual->{import}{filename}, 'crm.csv', 'the name of the file');
is($usual->{import}{rows}{read}, 3, 'three rows, a newline inside quotes');
is(scalar @{ $usual->{people} }, 3, 'three people');
is($usual->{people}[0]{city}, 'São Paulo', 'accents in values');

same('a raw body in chunks',
     sub { $t->upload('crm.csv', $comma, chunked => 50, @_) });
same('a raw body in chunks of one byte',
     sub { byte_by_byte(0, chunked => 1, @_) });
same('a form', sub { $t->upload('crm.csv', $comma, multipart => 1, @_) });
same('a form in chunks',
     sub { $t->upload('crm.csv', $comma, multipart => 1, chunked => 7, @_) });
same('a raw body byte by byte', sub { byte_by_byte(0, @_) });
same('a form byte by byte', sub { byte_by_byte(1, @_) });
same('a raw body after "100 Continue"', sub { curl(
    ['--http1.1', '-H', 'Expect: 100-continue', raw_body()], @_) });

for my $version ('--http1.1', '--http2-prior-knowledge') {
    same("curl $version, a raw body", sub { curl([$version, raw_body()], @_) });
    same("curl $version, without a length",
         sub { curl([$version, '-X', 'POST', '-H', 'Content-Type: text/csv',
                     '-T', '-'], @_) });
    same("curl $version, a form",
         sub { curl([$version, '-F', 'note=hello', '-F',
                     'file=@' . file() . ';type=text/csv;filename=crm.csv'],
                    @_) });
}

same('a name in RFC 8187 form', sub {
    my $form = "--b\r\nContent-Disposition: form-data; name=\"file\"; "
               . "filename=\"?.csv\"; filename*=UTF-8''crm.csv\r\n\r\n"
               . "$comma\r\n--b--";
    $t->post('/v1/imports', $form, type => 'multipart/form-data; boundary=b',
             @_);
});


# --- the forms of the file ----------------------------------------------------

same('semicolons', sub { $t->upload('crm.csv', csv(';', "\n"), @_) });
same('lines that end with CRLF',
     sub { $t->upload('crm.csv', csv(',', "\r\n"), @_) });
same('lines that end with CR',
     sub { $t->upload('crm.csv', csv(',', "\r"), @_) });
same('a byte order mark',
     sub { $t->upload('crm.csv', "\xEF\xBB\xBF$comma", @_) });
same("Excel's first line, which names the separator",
     sub { $t->upload('crm.csv', "sep=;\r\n" . csv(';', "\r\n"), @_) });
{
    my $import = $t->import_file('excel.csv', "sep=;\nphoneNumber;name\n"
                                 . "11987654321;Ana\n12;Bia\n");
    my $errors = $t->get("/v1/imports/$import->{id}/errors.csv")->{text};
    like($errors, qr/^4[,;]/m, '… and a rejected row has the number of its line');
    unlike($errors, qr/^[123][,;]/m, '… and no other');
}
same('no end of the last line',
     sub { $t->upload('crm.csv', $comma =~ s/\n\z//r, @_) });
same('blanks around the names of columns', sub {
    $t->upload('crm.csv', $comma =~ s/city,address/ city , address\xC2\xA0/r,
               @_);
});
same('windows-1252', sub {
    my $text = $comma;
    utf8::decode($text);
    $t->upload('crm.csv', Encode::encode('cp1252', $text),
               args => 'encoding=windows-1252', @_);
});
same('latin-1 as a form', sub {
    my $text = $comma;
    utf8::decode($text);
    $t->upload('crm.csv', Encode::encode('latin-1', $text), multipart => 1,
               args => 'encoding=latin-1', @_);
});


# --- several on one connection ------------------------------------------------

my $request = "POST /v1/imports?filename=crm.csv HTTP/1.1\r\nHost: a\r\n"
              . "X-Tenant: several\r\nX-User: demo\@example.com\r\n"
              . "Content-Type: text/csv\r\nContent-Length: " . length($comma)
              . "\r\n\r\n$comma";
my $r = $t->raw($request x 3 . "GET /v1/imports HTTP/1.1\r\nHost: a\r\n"
                . "X-Tenant: several\r\nConnection: close\r\n\r\n");
my @answers = ("HTTP/1.1 $r->{status}\r\n\r\n$r->{text}"
               =~ m{HTTP/1\.1 (\d+)}g);

is_deeply(\@answers, [202, 202, 202, 200], 'three uploads and a list at once');
is(scalar @{ $t->get('/v1/imports', tenant => 'several')->{json}{items} }, 3,
   '… are three imports');

$t->finish;


# --- how ----------------------------------------------------------------------

# Uploads for a tenant of its own; gives the finished import and the people.
sub outcome
{
    my ($what, $upload) = @_;

    my $tenant = 'way-' . ++$n;
    my $r = $upload->(tenant => $tenant);

    is($r->{status}, 202, "$what: accepted") or diag($r->{text});
    is($r->{headers}{location}, "/v1/imports/$r->{json}{id}",
       '… at its address') or return {};

    my $import = $t->wait_import($r->{json}{id}, tenant => $tenant);
    $t->wait_visible(tenant => $tenant);

    my $found = $t->query({ all => [] }, limit => 100, tenant => $tenant);
    my @people = sort { $a->{phoneNumber} cmp $b->{phoneNumber} }
                 map { $_->{fields} } @{ $found->{profiles} };

    delete @{$_}{qw(created_at updated_at sources)} for @people;
    delete @{$import}{qw(id job created_at history)};

    return { import => $import, people => \@people };
}


sub same
{
    my ($what, $upload) = @_;

    my $outcome = outcome($what, $upload);
    my %import = (%{ $outcome->{import} },
                  map { $_ => $usual->{import}{$_} }
                  grep { exists $usual->{import}{$_} }
                  qw(bytes encoding separator digest));

    is_deeply(\%import, $usual->{import}, '… the same import');
    is_deeply($outcome->{people}, $usual->{people}, '… the same people');
}


sub csv
{
    my ($separator, $end) = @_;

    my @lines = map {
        join $separator, map { s/"/""/gr } map { /[",;\n]/ ? "\0$_\0" : $_ } @$_
    } \@header, @rows;

    my $text = join '', map { s/\0/"/gr . $end } @lines;
    utf8::encode($text);
    return $text;
}


sub byte_by_byte
{
    my ($form, %opt) = @_;

    my ($path, $type, $body) = ('/v1/imports?filename=crm.csv', 'text/csv',
                                $comma);

    if ($form) {
        ($path, $type) = ('/v1/imports', 'multipart/form-data; boundary=b');
        $body = "--b\r\nContent-Disposition: form-data; name=\"file\"; "
                . "filename=\"crm.csv\"\r\n\r\n$comma\r\n--b--\r\n";
    }

    my $length = 'Content-Length: ' . length $body;

    if ($opt{chunked}) {
        $length = 'Transfer-Encoding: chunked';
        $body = join '', map({ "1\r\n$_\r\n" } split //, $body), "0\r\n\r\n";
    }

    my $socket = $t->connect;
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;

    my $request = "POST $path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                  . "X-Tenant: $opt{tenant}\r\nX-User: demo\@example.com\r\n"
                  . "Content-Type: $type\r\n$length\r\n\r\n$body";

    syswrite $socket, $_ for split //, $request;
    return Audience::Client::read_answer($socket, $t->seconds(120));
}


sub raw_body
{
    return ('-H', 'Content-Type: text/csv', '--data-binary', '@' . file());
}


sub file { -e "$t->{dir}/crm.csv" ? "$t->{dir}/crm.csv"
                                  : $t->write_file('crm.csv', $comma) }


# A real client; the file is its standard input too.
sub curl
{
    my ($args, %opt) = @_;

    my $port = grep({ /http2/ } @$args) ? $t->http2_port : $t->port;
    my $out = "$t->{dir}/curl.out";
    my @command = ('curl', '-sS', '-i', '-m', 120, '-o', $out, @$args,
                   '-H', "X-Tenant: $opt{tenant}",
                   '-H', 'X-User: demo@example.com',
                   "http://127.0.0.1:$port/v1/imports?filename=crm.csv");
    my $quoted = join ' ', map { "'" . s/'/'\\''/gr . "'" } @command;

    system("$quoted <" . file()) == 0 or return { status => 0, text => 'curl' };

    my $text = $t->read_file($out) =~ s{^HTTP/1.1 100.*?\r\n\r\n}{}sr;
    my ($status) = $text =~ m{^HTTP/[\d.]+ (\d+)};
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my %headers = map { /^([^:]+): *(.*)/ ? (lc $1, $2) : () }
                  split /\r\n/, $head;

    return Audience::Client::answer($status, \%headers, $body);
}
