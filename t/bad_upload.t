# Files and bodies that are refused: each with a problem of its own, at once,
# with nothing accepted, nothing left in the spool, and nginx as well as before.

use lib 't/lib';
use Audience::Test;
use File::Find ();

my $MB10 = 10 * 1024 * 1024;
my $header = "phoneNumber,name\n";
my $good = $header . "11987654321,Ana\n";

my $t = Audience::Test->start;

# What breaks HTTP itself is nginx's to log.
$t->expect_nginx(qr/client sent invalid|prematurely closed/);


# --- what is asserted after each ---------------------------------------------

sub spooled
{
    my @files;
    File::Find::find(sub { push @files, $File::Find::name if -f },
                     "$t->{root}/spool");
    return @files;
}


sub nothing_accepted
{
    my ($what) = @_;

    is(eval { $t->wait_for('an empty spool', sub { !spooled() }) }, 1,
       "… after $what the spool is empty") or diag(spooled());

    my $r = $t->get('/v1/imports');

    is($r->{status}, 200, '… the server answers');
    is_deeply($r->{json}{items}, [], '… and nothing was accepted');
}


# The answer is that problem; its JSON is given back.
sub refused
{
    my ($what, $r, $status, $slug) = @_;

    is($r->{status}, $status, "$what: $status") or diag($r->{text});
    is($r->{type}, 'application/problem+json', '… as a problem');
    is($r->{json}{type}, "/problems/$slug", "… of type $slug");
    like($r->{json}{detail}, qr/^[A-Z].{15,}\.$/, '… with a sentence');
    nothing_accepted($what);

    return $r->{json};
}


# Raw and as a form, with a length and in chunks: the same answer.
sub refused_any_way
{
    my ($what, $bytes, $status, $slug, %opt) = @_;

    my %ways = (raw => [], chunked => [chunked => 8000],
                form => [multipart => 1],
                'form, chunked' => [multipart => 1, chunked => 8000]);
    my $problem;

    for my $way (sort keys %ways) {
        my $p = refused("$what ($way)",
                        $t->upload('crm.csv', $bytes, @{ $ways{$way} }, %opt),
                        $status, $slug);

        is_deeply($p, $problem, '… said in the same words') if $problem;
        $problem = $p;
    }
    return $problem;
}


# --- the file: name, lines, encoding -----------------------------------------

for my $name ('crm.xlsx', 'crm.csv.exe', 'crm', '') {
    refused("the name \"$name\"", $t->upload($name, $good), 422, 'not-csv');
    refused("the name \"$name\" in a form",
            $t->upload($name, $good, multipart => 1), 422, 'not-csv');
}

refused('no file name at all',
        $t->post('/v1/imports', $good, type => 'text/csv'), 422, 'not-csv');
refused('a type that is no CSV',
        $t->upload('crm.csv', $good,
                   headers => { 'Content-Type' => 'image/png' }),
        415, 'not-a-csv-upload');

refused_any_way('a blank file', '', 422, 'blank-file');
refused_any_way('a file of blanks', " \r\n\t\n", 422, 'blank-file');
refused_any_way('a file of separators', ";;;\n; ;;\n", 422, 'blank-file');
refused_any_way('a byte order mark alone', "\xEF\xBB\xBF", 422, 'blank-file');
refused_any_way('a header alone', $header, 422, 'too-few-lines');

my $p = refused_any_way('latin-1', $good . "11912345678,Jos\xE9 da Silva\n",
                        422, 'wrong-encoding');
is($p->{encoding}, 'windows-1252', '… tells the encoding');
is($p->{errors}[0]{row}, 3, '… and the row');
like($p->{detail}, qr/Line 3.*windows-1252/, '… in its sentence too');

$p = refused_any_way('UTF-16', "\xFF\xFE" . $good =~ s/(.)/$1\0/gsr,
                     422, 'wrong-encoding');
is($p->{encoding}, 'utf-16', '… tells the encoding');

$p = refused_any_way('NUL bytes', $good . "11912345678,A\0B\n",
                     422, 'nul-bytes');
is($p->{errors}[0]{row}, 3, '… tells the row');

refused('an encoding that nobody knows',
        $t->upload('crm.csv', $good, args => 'encoding=ebcdic'),
        422, 'unknown-encoding');


# --- the header --------------------------------------------------------------

$p = refused_any_way('a telefone', "nome,telefone\nAna,11987654321\n",
                     422, 'missing-phone-column');
is($p->{errors}[0]{suggestion}, 'telefone', '… suggests the likely column');
like($p->{detail}, qr/phoneNumber.*telefone/, '… in its sentence too');
is($p->{errors}[0]{column}, 2, '… and says where it is');

$p = refused_any_way('no phone at all', "nome,idade\nAna,31\n",
                     422, 'missing-phone-column');
ok(!exists $p->{errors}[0]{suggestion}, '… suggests nothing');

$p = refused_any_way('an unnamed column', "phoneNumber,,name\n1,2,3\n",
                     422, 'unnamed-column');
is($p->{errors}[0]{column}, 2, '… says which');

$p = refused_any_way('two columns of one name', "phoneNumber,a, a\n1,2,3\n",
                     422, 'duplicate-column');
is($p->{errors}[0]{column}, 3, '… says which');

$p = refused_any_way('all of that', "celular,,name,name\n1,2,3,4\n",
                     422, 'invalid-header');
is_deeply([ map { [ $_->{type} =~ /([^\/]+)$/, $_->{row}, $_->{column} ] }
                @{ $p->{errors} } ],
          [ [ 'missing-phone-column', 1, 1 ], [ 'unnamed-column', 1, 2 ],
            [ 'duplicate-column', 1, 4 ] ], '… reports all together');

refused_any_way('tabs', "phoneNumber\tname\n1\t2\n", 422, 'no-separator');


# --- quotes and monsters -----------------------------------------------------

$p = refused_any_way('a quote that never closes',
                     $good . "11912345678,\"Rui\n11912345679,Eva\n",
                     422, 'unclosed-quote');
is($p->{errors}[0]{row}, 3, '… tells where it opens');

$p = refused_any_way('a quote that never closes in a big file',
                     "$header\"1,Ana\n" . "11912345678,Rui\n" x 200_000,
                     422, 'unclosed-quote');
is($p->{errors}[0]{row}, 2, '… tells where it opens');

$p = refused_any_way('200,000 columns', join(',', 1 .. 200_000) . "\n",
                     422, 'too-many-columns');
is($p->{limit}, 1000, '… names the limit');

$p = refused_any_way('a cell of 10 MB', $header . '1,' . 'x' x ($MB10 - 30),
                     422, 'row-too-long');
is($p->{errors}[0]{row}, 2, '… names the row');

refused_any_way('a quoted cell of 10 MB',
                $header . '1,"' . 'x' x ($MB10 - 30) . '"',
                422, 'row-too-long');


# --- too much ----------------------------------------------------------------

my $rows = join '', map { sprintf "119%08d,N\n", $_ } 1 .. 50_001;

$p = refused_any_way('50,001 contacts', $header . $rows, 422, 'too-many-rows');
is($p->{limit}, 50_000, '… names the limit');
is($p->{count}, 50_001, '… and the count');

my $big = $header . ("11987654321," . 'x' x 287 . "\n") x 35_000;
$big = substr $big, 0, $MB10 + 1;

for my $way ([], [chunked => 60_000], [multipart => 1],
             [multipart => 1, chunked => 60_000])
{
    $p = refused("10 MB and a byte (@$way)", $t->upload('crm.csv', $big, @$way),
                 413, 'file-too-large');
    is($p->{limit}, $MB10, '… names the limit');
}


# --- refused before the body has come ----------------------------------------

# Sends the beginning of a body of 9 MB, and no more: the answer must come.
sub early
{
    my ($what, $type, $body, $status, $slug) = @_;

    my $socket = $t->connect;
    print {$socket} "POST /v1/imports?filename=crm.csv HTTP/1.1\r\nHost: a\r\n"
        . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
        . "Content-Type: $type\r\nContent-Length: 9000000\r\n\r\n$body";

    my ($text, $until) = ('', time + $t->seconds(120));

    while ($text !~ /\r\n\r\n.*\}$/s && time < $until) {
        my $bits = '';
        vec($bits, fileno $socket, 1) = 1;
        last unless select $bits, undef, undef, $until - time;
        last unless sysread $socket, $text, 65536, length $text;
    }

    my ($said) = $text =~ m{^HTTP/1\.1 (\d+)};
    is($said, $status, "$what: $status, though the body still comes");
    like($text, qr{/problems/$slug"}, "… of type $slug");
    close $socket;
    nothing_accepted($what);
}

my $form = "--b\r\nContent-Disposition: form-data; name=\"file\"; "
           . "filename=\"crm.csv\"\r\n\r\n";

early('a header without phones', 'text/csv', "nome,idade\n", 422,
      'missing-phone-column');
early('a header without phones in a form', 'multipart/form-data; boundary=b',
      $form . "nome,idade\n", 422, 'missing-phone-column');
early('a bad byte', 'text/csv', $good . "1,Jos\xE9 ", 422, 'wrong-encoding');
early('too many columns', 'text/csv', ',' x 1000, 422, 'too-many-columns');
early('a file name', 'multipart/form-data; boundary=b',
      $form =~ s/crm.csv/crm.xls/r . 'x', 422, 'not-csv');
early('a second file', 'multipart/form-data; boundary=b',
      "$form$good\r\n$form", 422, 'several-files');

my $long = $good . ('1,' . 'x' x 1000 . "\n") x 700;

early('a second file behind a long one', 'multipart/form-data; boundary=b',
      "$form$long\r\n$form", 422, 'several-files');
early('a bad byte before a second file', 'multipart/form-data; boundary=b',
      "$form$good\xE9 \r\n$form", 422, 'wrong-encoding');
early('… in a long file', 'multipart/form-data; boundary=b',
      "$form$long\xE9 \r\n$form", 422, 'wrong-encoding');


# --- bodies that are cut off -------------------------------------------------

# Sends part of a request and goes away.
sub cut
{
    my ($what, $headers, $body) = @_;

    my $socket = $t->connect;
    print {$socket} "POST /v1/imports?filename=crm.csv HTTP/1.1\r\nHost: a\r\n"
        . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
        . join('', map { "$_\r\n" } @$headers) . "\r\n$body";
    $t->wait_for('the spool to take the upload', sub { spooled() });
    close $socket;
    nothing_accepted($what);
}

cut('a body cut in the middle',
    ['Content-Type: text/csv', 'Content-Length: 1000'], $good);
cut('a body cut in a chunk',
    ['Content-Type: text/csv', 'Transfer-Encoding: chunked'],
    sprintf("%x\r\n%s", 1000, $good));
cut('a body cut behind a chunk',
    ['Content-Type: text/csv', 'Transfer-Encoding: chunked'],
    sprintf("%x\r\n%s\r\n", length $good, $good));
cut('a form cut in the middle',
    ['Content-Type: multipart/form-data; boundary=b', 'Content-Length: 1000'],
    $form . $good);
cut('a big body cut in the middle',
    ['Content-Type: text/csv', 'Content-Length: 9000000'],
    $header . "11987654321,Ana\n" x 20_000);

# Over HTTP/2.  curl is killed with its input open, for 7.88 ends a body that it
# gives up, or whose input ends, as if it were whole.
my @h2 = ('-H', 'Content-Type: text/csv', '-H', 'X-Tenant: demo',
          '-H', 'X-User: demo@example.com',
          'http://127.0.0.1:' . $t->http2_port
          . '/v1/imports?filename=crm.csv');
my $h2 = join ' ', map { "'$_'" } @h2;
my $file = $t->write_file('bad.csv', "nome,idade\n" . 'x' x 9_000_000);

my $curl = open my $upload, '|-', 'curl', '-s', '--http2-prior-knowledge',
    '-X', 'POST', '-T', '-', @h2;
print {$upload} $good;
$upload->flush;
$t->wait_for('the spool to take the upload', sub { spooled() });
kill 'KILL', $curl;
{ local $?; close $upload }
nothing_accepted('a body that stops over HTTP/2');

# What a browser does when its page is left: it resets the stream.
sub frame
{
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}

my @fields = (':method' => 'POST', ':scheme' => 'http', ':authority' => 'a',
              ':path' => '/v1/imports?filename=crm.csv',
              'content-type' => 'text/csv', 'x-tenant' => 'demo',
              'x-user' => 'demo@example.com');
my $fields = join '', map { pack 'C C/a C/a', 0, splice @fields, 0, 2 } 1 .. 7;
my $stream = $t->connect(port => $t->http2_port);

print {$stream} "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0, ''),
    frame(1, 4, 1, $fields), frame(0, 0, 1, $good);
$t->wait_for('the spool to take the upload', sub { spooled() });
print {$stream} frame(3, 0, 1, pack 'N', 8);
nothing_accepted('a stream that is reset');
close $stream;

# nghttp, for curl 7.88 drops an answer that comes before the body was sent.
my $said = qx{nghttp -v -d $file $h2 2>&1};

like($said, qr/recv.*:status: 422/, 'HTTP/2, a header without phones: 422');
like($said, qr{"/problems/missing-phone-column"}, '… of that type');
unlike($said, qr/send DATA frame <length=\d+, flags=0x01/,
       '… before the body was sent');
nothing_accepted('a header without phones over HTTP/2');

sub form
{
    my ($body, $boundary) = @_;

    $boundary = 'b' unless defined $boundary;
    return $t->post('/v1/imports', $body,
                    type => "multipart/form-data; boundary=$boundary");
}

refused('a form that ends before its boundary', form("$form$good"),
        400, 'cut-off');
refused('a form that ends within its boundary', form("$form$good\r\n--"),
        400, 'cut-off');
refused('a form of nothing', form(''), 400, 'cut-off');

for my $headers ('Content-Length: 5', 'Content-Length: -1',
                 'Transfer-Encoding: gzip, chunked')
{
    my $r = $t->raw("POST /v1/imports?filename=crm.csv HTTP/1.1\r\nHost: a\r\n"
                    . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
                    . "Connection: close\r\n"
                    . "Content-Type: text/csv\r\n$headers\r\n\r\n$good");
    like($r->{status}, qr/^(4..|501)$/, "$headers: refused");
    nothing_accepted($headers);
}


# --- forms -------------------------------------------------------------------

my $part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";

refused('10,000 tiny parts', form($part x 10_000 . "$form$good\r\n--b--"),
        422, 'too-many-parts');
refused('a form without a file', form($part . '--b--'), 422, 'no-file');
refused('a file of another name', form($form =~ s/"file"/"upload"/r
        . "$good\r\n--b--"), 422, 'no-file');
refused('two files', form("$form$good\r\n$form$good\r\n--b--"),
        422, 'several-files');

refused('no boundary', $t->post('/v1/imports', "$form$good\r\n--b--",
                                type => 'multipart/form-data'),
        400, 'malformed-form');
refused("the boundary \"$_\"", form("$form$good\r\n--b--", $_),
        400, 'malformed-form')
    for '""', 'b; boundary=c', 'b' x 71, '"b', 'b*';

my %malformed = (
    'a boundary that goes on' => "$form$good\r\n--bb\r\n\r\n--b--",
    'a bare LF behind a boundary' => "--b\nContent-Disposition: form-data; "
                                     . "name=\"file\"\n\n$good\r\n--b--",
    'headers without an end' => '--b' . "\r\nX: " . 'x' x 9000,
    'a thousand headers' => "--b\r\n" . "X: y\r\n" x 2000 . "\r\n",
    'a NUL in a header' => with_header("X: a\0b"),
    'a header without a colon' => with_header('X'),
    'a folded header' => with_header(' folded'),
    'two dispositions' => with_header('Content-Disposition: form-data; name=x'),
    'base64' => with_header('Content-Transfer-Encoding: base64'),
    'a name that is too long' => $form =~ s/crm/'x' x 300/er
                                 . "$good\r\n--b--",
);

sub with_header { $form =~ s/\r\n\r\n/\r\n$_[0]\r\n\r\n/r . "$good\r\n--b--" }

for my $what (sort keys %malformed) {
    refused($what, form($malformed{$what}), 400, 'malformed-form');
}


# --- whose file it is --------------------------------------------------------

refused('nobody in particular', $t->upload('crm.csv', $good, user => ''),
        403, 'no-user');

my $r = $t->upload('crm.csv', $good, tenant => '../evil');
is($r->{status}, 403, 'a tenant that is a path: 403') or diag($r->{text});
nothing_accepted('a tenant that is a path');

# A worker that is away: the upload is refused, and comes in when it is back.
$t->stop_worker;
$r = $t->upload('crm.csv', $good);
is($r->{status}, 503, 'no worker: 503');
is($r->{json}{type}, '/problems/worker-absent', '… as a problem');
ok($r->{headers}{'retry-after'}, '… says when to try again');
$t->start_worker;
nothing_accepted('an upload without a worker');


# --- and what is taken after all that ----------------------------------------

sub taken
{
    my ($what, $r, $tenant) = @_;

    is($r->{status}, 202, "$what: taken") or diag($r->{text});
    return $t->wait_import($r->{json}{id}, tenant => $tenant);
}

my $import = taken('10 MB', $t->upload('crm.csv', substr($big, 0, $MB10),
                                       tenant => 'big'), 'big');
is($import->{state}, 'succeeded', '… and imported');

$import = taken('50,000 contacts',
                $t->upload('crm.csv', $header . $rows =~ s/.*\n\z//r,
                           tenant => 'many'), 'many');
is($import->{rows}{imported}, 50_000, '… and imported');

for my $path ('../../../tmp/evil.csv', '/etc/evil.csv', 'C:\\\\evil.csv',
              '..%2fevil.csv', "evil.csv\0.csv")
{
    for my $way ([], [multipart => 1]) {
        next if $path =~ /\0/ && @$way;

        my $i = taken("the path $path (@$way)",
                      $t->upload($path, $good, @$way, tenant => 'paths'),
                      'paths');
        like($i->{filename}, qr/^[^\/\\\0]+\.csv$/, '… is only a name');
    }
}

my @evil;
File::Find::find(sub { push @evil, $_ if /evil/ }, $t->{dir}, $t->{root});
is_deeply(\@evil, [], '… and names no file anywhere');
ok(!-e '/tmp/evil.csv' && !-e '/etc/evil.csv', '… nor outside');

is(eval { $t->wait_for('an empty spool', sub { !spooled() }) }, 1,
   'imports leave the spool empty');

$t->finish;
