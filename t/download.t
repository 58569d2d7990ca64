# Links: which tokens open which files, how the file is sent, what is counted
# and what is logged.

use lib 't/lib';
use Audience::Test;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use POSIX ();

my $csv = join '', map { sprintf "+55119%08d,name %d\r\n", $_, $_ } 1 .. 2000;
my $t = Audience::Test->start(worker => 0);

my $uuid = "\x01\x93" . "\x07" x 14;
my $id = 'exp_' . base32($uuid);
my $folder = "$t->{root}/exports/demo";

mkdir $folder or die $!;
$t->write_file('export.csv', $csv);
rename "$t->{dir}/export.csv", "$folder/$id.csv" or die $!;


# The token of docs/protocol.md, made here so that the two cannot err alike.
sub token
{
    my (%o) = (tenant => 'demo', id => $uuid, expires => time + 1000,
               key_id => 'k1', key => "\x5a" x 32, version => 1, @_);

    my $signed = pack 'C C/a* Q> C/a* a*', @o{qw(version key_id expires tenant id)};
    return encode_base64url($signed . hmac_sha256($signed, $o{key}));
}

sub base32
{
    my $bits = '00' . unpack 'B*', $_[0];
    return join '', map { substr '0123456789abcdefghjkmnpqrstvwxyz', oct "0b$_", 1 }
                    unpack '(a5)*', $bits;
}

sub link_to { $t->get('/e/' . $_[0], @_[1 .. $#_]) }
sub downloads { -s "$folder/$id.downloads" // 0 }

my $token = token();


# --- the file ------------------------------------------------------------------

my $r = link_to($token);
is($r->{status}, 200, 'the link opens the file');
is($r->{text}, $csv, '… byte for byte');
is($r->{type}, 'text/csv; charset=utf-8', '… as CSV');
is($r->{headers}{'content-disposition'},
   qq{attachment; filename="audience-$id.csv"}, '… to be saved');
is($r->{headers}{'cache-control'}, 'private, no-store', '… kept by no cache');
is($r->{headers}{'referrer-policy'}, 'no-referrer', '… its address told to nobody');
is($r->{headers}{'x-content-type-options'}, 'nosniff', '… as what it is');
my $etag = $r->{headers}{etag};
like($etag, qr/^"$id-[0-9a-f]+"$/, '… under a strong ETag');

is(link_to($token, tenant => '', user => '')->{status}, 200, 'no login is asked for');

$t->wait_for('the count', sub { downloads() == 2 });

$r = $t->head("/e/$token");
is($r->{status}, 200, 'HEAD');
is($r->{headers}{'content-length'}, length $csv, '… gives the length');
is($r->{text} // '', '', '… and no body');


# --- ranges and conditions --------------------------------------------------------

sub with { link_to($token, headers => { @_ }) }

$r = with(Range => 'bytes=5-9');
is($r->{status}, 206, 'a range');
is($r->{text}, substr($csv, 5, 5), '… is sent');
is(with(Range => 'bytes=-7')->{text}, substr($csv, -7), 'the end alone');

$r = with(Range => 'bytes=' . length($csv) . '-');
is($r->{status}, 416, 'a range beyond the end');
is($r->{json}{type}, '/problems/range-not-satisfiable', '… is a problem');
is($r->{headers}{'content-range'}, 'bytes */' . length $csv, '… that says how long it is');
is($r->{headers}{'content-disposition'}, undef, '… and is not the file');

is(with(Range => 'bytes=0-4', 'If-Range' => $etag)->{status}, 206,
   'If-Range with the ETag');
is(with(Range => 'bytes=0-4', 'If-Range' => '"other"')->{status}, 200,
   'If-Range with another sends it whole');
is(with('If-None-Match' => $etag)->{status}, 304, 'If-None-Match');
is(with('If-Match' => '"other"')->{status}, 412, 'If-Match with another');

$t->wait_for('the count', sub { downloads() == 3 });
is(downloads(), 3, 'only whole files count: no HEAD, no range, no condition');


# --- tokens that open nothing --------------------------------------------------------

for (
    [ 'no token', '' ],
    [ 'a word', 'abc' ],
    [ 'a cut token', substr $token, 0, -1 ],
    [ 'a token cut in half', substr $token, 0, 40 ],
    [ 'a token with more', $token . 'A' ],
    [ 'another key', token(key => "\x5b" x 32) ],
    [ 'an unknown key id', token(key_id => 'k2') ],
    [ 'another version', token(version => 2) ],
    [ 'a folder for a tenant', token(tenant => '../demo', key => 'x' x 32) ],
    [ 'a slash in it', "a/$token/.." ],
    [ 'a thousand bytes', 'A' x 1000 ],
) {
    my ($what, $text) = @$_;
    my $r = link_to($text);

    is($r->{status}, 403, "$what: 403");
    is($r->{json}{type}, '/problems/link-not-valid', '… as a problem');
}

my $flipped = 0;
for my $at (0 .. length($token) - 1) {
    my $other = $token;
    substr($other, $at, 1) = substr($other, $at, 1) eq 'A' ? 'B' : 'A';
    $flipped += link_to($other)->{status} == 403;
}
is($flipped, length $token, 'a token with any one character changed: 403');

$r = link_to(token(expires => time - 1));
is($r->{status}, 410, 'an expired token: 410');
is($r->{json}{type}, '/problems/link-expired', '… that says so');
is(link_to(token(expires => time - 1, key => "\x5b" x 32))->{status}, 403,
   'an expired token that is forged: 403');

$r = link_to(token(tenant => 'other'));
is($r->{status}, 410, "another tenant's token finds nothing here");
is($r->{json}{type}, '/problems/link-revoked', '… and says so');

symlink '/etc/passwd', "$folder/exp_" . base32("\x02" x 16) . '.csv' or die $!;
$t->expect_nginx(qr/Too many levels of symbolic links/);
isnt(link_to(token(id => "\x02" x 16))->{status}, 200, 'no symbolic link is followed');

for (
    [ 'pt-BR,pt;q=0.9', 'Este link não é válido', 'pt-BR' ],
    [ 'es-MX', 'Este enlace no es válido', 'es' ],
    [ 'fr, en;q=0.5', 'This link is not valid', 'en' ],
    [ 'de', 'This link is not valid', 'en' ],
) {
    my ($language, $title, $lang) = @$_;
    my $r = link_to('abc', headers => { Accept => 'text/html,*/*;q=0.8',
                                        'Accept-Language' => $language });

    is($r->{status}, 403, "a person who speaks $language");
    like($r->{text}, qr{<html lang="$lang">.*<h1>$title</h1>}s, '… reads a page');
}

rename "$folder/$id.csv", "$folder/kept" or die $!;
$r = link_to($token);
is($r->{status}, 410, 'a file that was deleted: 410');
is($r->{json}{type}, '/problems/link-revoked', '… its link is revoked');
rename "$folder/kept", "$folder/$id.csv" or die $!;


# --- nothing of a token in any log ---------------------------------------------------

link_to("$token?$token");
link_to("$token/");
link_to("$token/x");
link_to("$token%2Fx%20y");
$t->call('POST', "/e/$token");
$t->raw("GET /e/$token HTTP/1.1\r\nHost: a\r\nRange: bytes=9999999-\r\n"
        . "Connection: close\r\n\r\n");

chmod 0, "$folder/$id.csv";
link_to($token);
chmod 0644, "$folder/$id.csv";

rename "$folder/$id.downloads", "$folder/count" or die $!;
mkdir "$folder/$id.downloads" or die $!;
$t->expect_nginx(qr/counting a download/);
link_to($token);
$t->wait_for('the error to be logged', sub {
    $t->error_log =~ /counting a download/ });

my $piece = substr $token, 20, 20;
for my $log ('error.log', 'access.log') {
    my $text = $t->read_file("$t->{dir}/logs/$log");

    ok(length $text, "$log has lines");
    unlike($text, qr/\Q$piece/, "… and no token in them");
}
like($t->read_file("$t->{dir}/logs/access.log"), qr{"uri":"/e/-"},
     'the access log says /e/-');

$t->finish;
