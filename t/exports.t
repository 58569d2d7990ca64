# Exports: an audience as a CSV file behind a link.

use lib 't/lib';
use Audience::Test;
use Digest::SHA ();
use MIME::Base64 ();
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start;

$t->import_file('crm.csv', bytes(<<'END'));
phoneNumber,zebra,name,email,time do coração,saldo,city,nota?,Opt-in
11987654303,z3,"Caio ""C"", o 3º",c@x.com,Flamengo,-3,Santos,'=1+1,sim
11987654301,z1,Ana,A@X.com,Atlético Mineiro,"-1.234,56",Santos,+55 11,sim
11987654302,z2,Bia,,Santos FC,12,Recife,@home,sim
11987654304,z4,"Davi
da Silva",,'-x,5,Santos,-7,sim
END

my $filter = { all => [
    { field => 'city', op => 'equals', value => 'santos' },
    { field => 'time do coração', op => 'exists' },
] };
my $audience = $t->post('/v1/audiences', { name => 'Santos', filter => $filter })
                 ->{json};


# --- the job ------------------------------------------------------------------

my $r = $t->post("/v1/audiences/$audience->{id}/exports", {});
is($r->{status}, 202, 'an export is accepted');
my $id = $r->{json}{id};
is($r->{headers}{location}, "/v1/exports/$id", 'says where it stands');
is($r->{json}{state}, 'queued', 'is queued');

my $export = $t->wait_export($id);
is($export->{state}, 'done', 'is done');
is($export->{rows}, 3, 'with as many rows as the audience has members');
is($export->{audience}, $audience->{id}, 'of that audience');
is($export->{audience_name}, 'Santos', 'with its name');
is($export->{downloads}, 0, 'and no download yet');
like($export->{url}, qr{^http://127\.0\.0\.1:\d+/e/[\w-]+$}, 'a link');
like($export->{expires_at}, qr/^20\d\d-\d\d-\d\dT/, 'that expires');

my $link = $export->{url} =~ s{^http://[^/]+}{}r;
my $file = $t->get($link);
is($file->{status}, 200, 'the link gives the file');
is(length $file->{text}, $export->{bytes}, 'of as many bytes');


# --- what is in it ------------------------------------------------------------

my $text = $file->{text};
utf8::decode($text);

is($text, join('', map { "$_\r\n" }
    'phoneNumber,email,name,city,time do coracao,Opt in,nota,saldo,zebra',
    '+5511987654303,c@x.com,"Caio ""C"", o 3º",Santos,Flamengo,sim,\'=1+1,-3,z3',
    '+5511987654301,a@x.com,Ana,Santos,Atlético Mineiro,sim,\'+55 11,'
    . '"-1.234,56",z1',
    "+5511987654304,,\"Davi\nda Silva\",Santos,'-x,sim,'-7,5,z4"),
   'the phone, identifiers, what the filter used, all others; safe formulas');


# --- a round trip -------------------------------------------------------------

my $before = people($filter, 'demo');
my $fields = fields('demo');
$t->import_file('again.csv', $file->{text});
is_deeply(people($filter, 'demo'), $before, 'an export goes in again unchanged');
is_deeply(fields('demo'), $fields, 'and makes no new fields');

$t->import_file('again.csv', $file->{text}, tenant => 'other');
is_deeply([map { [@$_{qw(phoneNumber name nota saldo)}] }
           @{ people({ all => [] }, 'other') }],
          [map { [@$_{qw(phoneNumber name nota? saldo)}] } @$before],
          'another base reads the same values');


# --- which columns come first -------------------------------------------------

is(header({ field => 'zebra', op => 'exists' }),
   'phoneNumber,email,name,city,zebra,Opt in,nota,saldo,time do coracao',
   'what the filter uses stands before the others');
is(header({ audience => $audience->{id} }),
   'phoneNumber,email,name,city,time do coracao,Opt in,nota,saldo,zebra',
   'also what an audience in it uses');
is(header({ field => 'created_at', op => 'within_last', value => 3 }),
   'phoneNumber,email,name,city,created_at,Opt in,nota,saldo,'
   . 'time do coracao,zebra', 'system fields only when they are used');

my $sources = export({ field => 'sources', op => 'exists' });
like($t->get($sources->{link})->{text}, qr/imp_\w+ \| imp_\w+/,
     'several values in one cell');

my $nobody = export({ any => [] });
is($nobody->{rows}, 0, 'an audience of nobody');
like($t->get($nobody->{link})->{text}, qr/^phoneNumber,[^\n]*\r\n\z/,
     'is a header alone');


# --- as Blip's bulk sender reads it -------------------------------------------
#
# The phone first, with + and the country; commas; header names of letters,
# digits, underscores and blanks alone; no byte order mark.

$t->import_file('blip.csv', bytes(<<'END'), tenant => 'blip');
name;Última compra (R$);e-mail?;preço/unid.;⭐;É cliente;é-cliente;phoneNumber;"um, dois";__ok__;É cliente?
Ana;1,50;a@x.com;2;x;sim;não;11987654321;a,b;1;sim
Bia;;;;;;;(21) 3222-1111;;;
Caio;2;c@x.com;3;y;não;sim;+5531987654321;"d;e";2;não
END

for my $filter ({ all => [] }, { field => 'É cliente', op => 'exists' },
                { field => 'preço/unid.', op => 'less_than', value => 3 },
                { field => '⭐', op => 'exists' }, { any => [] })
{
    my $export = export($filter, tenant => 'blip');
    my ($first, @rows) = split /\r\n/, $t->get($export->{link})->{text};
    my @names = split /,/, $first, -1;

    is($names[0], 'phoneNumber', 'Blip: the first column is the phone');
    is_deeply([grep { !/^[A-Za-z0-9_ ]*[A-Za-z0-9_][A-Za-z0-9_ ]*\z/ } @names],
              [], '… no name has anything but letters, digits, _ and blanks');
    is(scalar @names, keys %{{ map { $_ => 1 } @names }}, '… no two are alike');
    is(scalar(grep { /^\+55[1-9]{2}[0-9]{8,9},/ } @rows), $export->{rows},
       '… every row begins with +55 and area code, then a comma');
}


# --- the link -----------------------------------------------------------------

is($t->head($link)->{status}, 200, 'HEAD');
is($t->wait_for('a download', sub {
       $t->get("/v1/exports/$id")->{json}{downloads} }), 1,
   'one download was counted, HEAD is none');

my $part = $t->get($link, headers => { Range => 'bytes=0-10' });
is($part->{status}, 206, 'a range');
is($part->{text}, 'phoneNumber', 'of its bytes');
is($t->get($link, headers => { Range => 'bytes=999999-' })->{status}, 416,
   'a range beyond the end');
is($t->get($link)->{status}, 200, 'a link is not used up');

is($t->get($link =~ s/.\z//r)->{status}, 403, 'a link that was cut');
is($t->get($link =~ s{/e/\K(.{20}).}{$1 . 'A'}er)->{status}, 403, 'forged');
is($t->get(token(time + 60))->{status}, 200, 'signed with our key');
is($t->get(token(time - 60))->{status}, 410, 'expired');
is($t->get(token(time + 60, tenant => 'other'))->{status}, 410,
   'another tenant has no such file');
is($t->get(token(time + 60, key => 'x' x 32))->{status}, 403,
   'signed with another key');


# --- lists --------------------------------------------------------------------

is_deeply([map { $_->{id} } @{ $t->get(
              "/v1/audiences/$audience->{id}/exports")->{json}{items} }],
          [$id], 'the exports of an audience');
is($t->get('/v1/exports/exp_01hf0000000000000000000000')->{status}, 404,
   'an unknown export');
is($t->post('/v1/audiences/aud_01hf0000000000000000000000/exports', {})
     ->{status}, 404, 'of an unknown audience');

my %key = (headers => { 'Idempotency-Key' => 'e-1' });
my $once = $t->post("/v1/audiences/$audience->{id}/exports", {}, %key);
my $twice = $t->post("/v1/audiences/$audience->{id}/exports", {}, %key);
is($twice->{json}{id}, $once->{json}{id}, 'asked twice under one key: one');
$t->wait_export($once->{json}{id});


# --- folders ------------------------------------------------------------------

is((stat "$t->{root}/exports/demo")[2] & 07777, 0770,
   'nginx of the same group adds downloads');
is((stat "$t->{root}/segments/demo")[2] & 07777, 0750,
   'and reads segments, which others do not');


# --- a link has an address ----------------------------------------------------

my $peer = IO::Socket::INET->new($t->url =~ s{^http://}{}r);
print {$peer} "POST /v1/audiences/$audience->{id}/exports HTTP/1.0\r\n"
    . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
    . "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
like(join('', <$peer>), qr{^HTTP/1\.1 422 .*"/problems/no-public-url"}s,
     'without Host and public_url there is none');


# --- without the worker -------------------------------------------------------

$t->kill_worker;
is($t->get($link)->{status}, 200, 'downloads need no worker');
$t->start_worker;
is($t->get("/v1/exports/$id")->{json}{url}, $export->{url},
   'the link is there after kill -9');


# --- revoked ------------------------------------------------------------------

my ($outer) = grep { exists $_->{filter}{audience} }
              @{ $t->get('/v1/audiences')->{json}{items} };
$t->delete("/v1/audiences/$outer->{id}");
is($t->delete("/v1/audiences/$audience->{id}")->{status}, 204,
   'the audience is deleted');
is($t->get($link)->{status}, 410, 'its links are revoked');
$export = $t->get("/v1/exports/$id")->{json};
is($export->{state}, 'revoked', 'and its exports say so');
is($export->{url}, undef, 'without the link');


# --- revoked on the way -------------------------------------------------------

for my $try (1 .. 5) {
    my $made = $t->post('/v1/audiences', { name => 'x', filter => { all => [] } });
    my $asked = $t->post("/v1/audiences/$made->{json}{id}/exports", {});

    $t->delete("/v1/audiences/$made->{json}{id}");
    $t->wait_job($asked->{json}{job});
    is($t->get("/v1/exports/$asked->{json}{id}")->{json}{state}, 'revoked',
       'an export under way is revoked with its audience');
    ok(!-e "$t->{root}/exports/demo/$asked->{json}{id}.csv", 'its file is gone');
}


# --- people without a phone ---------------------------------------------------

my %mixed = (tenant => 'mixed');
$t->import_file('mixed.csv', "phoneNumber,email,name\n,ana\@x.com,Ana\n"
                . "11987654321,bia\@x.com,Bia\n,caio\@x.com,Caio\n", %mixed);
is($t->count({ all => [] }, %mixed), 3, 'rows without a phone are people');

my $phones = export({ all => [] }, %mixed);
is_deeply([@$phones{qw(rows without_phone)}], [1, 2],
          'an export counts those whom it leaves out');
is($t->get($phones->{link}, %mixed)->{text},
   "phoneNumber,email,name\r\n+5511987654321,bia\@x.com,Bia\r\n",
   'and has who can be sent to');

$t->import_file('mails.csv', "phoneNumber,email\n,ana\@x.com\n",
                tenant => 'mails');
my $none = export({ all => [] }, tenant => 'mails');
is_deeply([@$none{qw(rows without_phone)}], [0, 1],
          'also where nobody has one');

$t->finish;


# The finished export of a new audience, with link => path.
sub export
{
    my ($filter, %who) = @_;

    my $made = $t->post('/v1/audiences', { name => 'x', filter => $filter }, %who);
    my $asked = $t->post("/v1/audiences/$made->{json}{id}/exports", {}, %who);
    my $export = $t->wait_export($asked->{json}{id}, %who);

    $export->{link} = $export->{url} =~ s{^http://[^/]+}{}r;
    return $export;
}


sub header
{
    my ($first) = split /\r\n/, $t->get(export($_[0])->{link})->{text};
    return $first;
}


# The link of our export as the key file's key signs it (docs/protocol.md).
sub token
{
    my ($expires, %opt) = @_;

    my $token = MIME::Base64::decode_base64(
        ($link =~ s{^/e/}{}r) =~ tr{-_}{+/}r);
    my $id = substr $token, -48, 16;
    my $tenant = $opt{tenant} || 'demo';
    my $signed = pack('C C/a Q> C/a a16', 1, 'k1', $expires, $tenant, $id);

    $signed .= Digest::SHA::hmac_sha256($signed,
                                        $opt{key} || "\x5a" x 32);
    return '/e/' . (MIME::Base64::encode_base64($signed, '')
                    =~ tr{+/}{-_}r =~ s/=+\z//r);
}


# The fields of the members, but for those of the system.
sub people
{
    my ($filter, $tenant) = @_;
    my @people;

    for my $profile (@{ $t->query($filter, tenant => $tenant)->{profiles} }) {
        my %fields = %{ $profile->{fields} };
        delete @fields{qw(created_at updated_at sources)};
        push @people, \%fields;
    }
    return \@people;
}


sub fields
{
    return [map { "$_->{name} $_->{type}" }
            @{ $t->get('/v1/fields', tenant => $_[0])->{json}{items} }];
}


sub bytes
{
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}
