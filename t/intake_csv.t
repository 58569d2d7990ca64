# Extras, campaign events and conversations as CSV files: they say what lines of
# JSON say, by the same rules.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;


sub csv
{
    my ($kind, $text, %how) = @_;

    return $t->upload("$kind.csv", $text,
                      args => join('&', "kind=$kind", $how{args} // ()),
                      map { $_ => $how{$_} } grep { $_ ne 'args' } keys %how);
}


# The import, once it is visible.
sub taken
{
    my ($kind, $text, %how) = @_;

    my $r = csv($kind, $text, %how);
    is($r->{status}, 202, "a file of $kind is taken") or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id});
    $t->wait_visible;
    return wantarray ? ($import, $r) : $import;
}


sub lines
{
    my ($path, @lines) = @_;

    my $r = $t->post($path, join('', map { $json->encode($_) . "\n" } @lines),
                     type => 'application/x-ndjson');
    is($r->{status}, 202, "$path takes lines") or diag(explain($r));
    my $import = $t->wait_import($r->{json}{id});
    $t->wait_visible;
    return $import;
}


sub person
{
    my ($phone, %how) = @_;

    my $found = $t->query({ field => 'phoneNumber', op => 'equals',
                            value => $phone }, %how);
    return undef if @{ $found->{profiles} } != 1;

    my %fields = %{ $found->{profiles}[0]{fields} };
    delete @fields{qw(created_at updated_at sources)};
    return \%fields;
}


sub header_problems
{
    my ($kind, $header) = @_;

    my $r = csv($kind, "$header\nx\n");
    is($r->{status}, 422, "$kind: $header");
    return [map { [$_->{type} =~ m{([^/]+)$}, $_->{column} // 0] }
            @{ $r->{json}{errors} }];
}


# --- what must be there, while the file streams in -----------------------------

is_deeply(header_problems('extras', 'loja'), [['missing-column', 0]],
          '… nobody is named');
is_deeply(header_problems('extras', 'E-mail;taxDocument'),
          [['missing-column', 0]], '… nothing is said');
is_deeply(header_problems('campaigns', 'telefone,status,nome'),
          [['missing-column', 0], ['missing-column', 0], ['missing-column', 0],
           ['unknown-column', 1], ['unknown-column', 3]],
          '… all that is wrong is told together');
is_deeply(header_problems('conversations',
                          'phone,phoneNumber,conversation,at,from,text'),
          [['duplicate-column', 2]], '… two columns of one meaning');
is_deeply(header_problems('extras', 'phone,' . 'x' x 101),
          [['column-name-too-long', 2]], '… an extra that no line may have');
is(csv('extras', "phone|loja\n1|2\n")->{json}{type}, '/problems/no-separator',
   '… bars are no separators');

my $r = csv('songs', "phone\n1\n");
is($r->{json}{type}, '/problems/unknown-kind', 'there is no such kind');
is($t->get('/v1/imports/template.csv?kind=songs')->{status}, 422, '… nor model');
is(csv('extras', "phone,a\n")->{json}{type}, '/problems/too-few-lines',
   'a header alone is no file');
ok(!glob("$t->{root}/spool/*/*"), 'nothing is left in the spool');

for my $kind (qw(extras campaigns conversations)) {
    my $text = $t->get("/v1/imports/template.csv?kind=$kind")->{text};
    is(csv($kind, $text . "x\n")->{json}{type}, '/problems/no-line-accepted',
       "the model file of $kind is one");
}


# What a file cannot be, whatever its kind.

my $columns = 'conversation,at,from,text,phone';

for ([ "c,2026-11-01,customer,\xff\xfe,11987654321\n", 'wrong-encoding' ],
     [ "c,2026-11-01,customer,a\0b,11987654321\n", 'nul-bytes' ],
     [ 'c,2026-11-01,customer,' . 'x' x 5_000_000 . ",11987654321\n",
       'row-too-long' ],
     [ "c,2026-11-01,customer,\"x,11987654321\n", 'unclosed-quote' ],
     [ "c,2026-11-01,customer,x,11987654321\n" x 50_001, 'too-many-rows' ])
{
    is(csv('conversations', "$columns\n$_->[0]")->{json}{type},
       "/problems/$_->[1]", "$_->[1] is refused as it comes in");
}

$r = csv('conversations', "$columns\n"
    . 'c,2026-11-01,customer,' . 'x' x 10_001 . ",11987654321\n"
    . "c,2999-01-01,customer,x,11987654321\nc,2026-11-01,customer,x\n"
    . "c,2026-11-01,customer,\"x\"y,11987654321\n"
    . 'c' x 201 . ",2026-11-01,customer,x,11987654321\n"
    . "c/d,2026-11-01,customer,x,11987654321\n"
    . "c,2026-11-01,customer,x,\n");
is($r->{json}{type}, '/problems/no-line-accepted', 'rows that say nothing');
is_deeply([map { [@{$_}{qw(row column)}] } @{ $r->{json}{errors} }],
          [[2, 4], [3, 2], [4, undef], [5, undef], [6, 1], [7, 1], [8, undef]],
          '… each for its own reason');


# --- extras --------------------------------------------------------------------

$t->import_file('crm.csv', "phoneNumber,name\n11987654321,Ana\n");

my ($import, $accepted) = taken('extras', "\xEF\xBB\xBF" . <<'CSV');
Phone Number;E-MAIL;loja;extra.pedidos;saldo
11987654321;;Centro;3;'=1+1
;BIA@x.com;Norte;;
11987654399;;;;
12;;Sul;1;2
;;Sul;1;2
11987654398;;"Leste;Oeste";7
CSV
is_deeply([@{ $accepted->{json} }{qw(kind filename accepted refused)}],
          ['extras', 'extras.csv', 2, 4], 'rows that are wrong are refused alone');
is_deeply([map { [@{$_}{qw(line column)}] } @{ $accepted->{json}{errors} }],
          [[4, ''], [5, 'Phone Number'], [6, ''], [7, '']],
          '… by the line of the file, and the column as the file calls it');
is_deeply($import->{columns},
          ['Phone Number', 'E-MAIL', 'loja', 'extra.pedidos', 'saldo'],
          'columns are those of the file');
is_deeply($import->{fields},
          ['phoneNumber', 'email', 'taxDocument', 'extra.loja',
           'extra.pedidos', 'extra.saldo'], '… fields what they became');
is_deeply([@{ $import->{rows} }{qw(read imported rejected)}], [6, 2, 4],
          '… and the import counts the same');
is_deeply(person('+5511987654321'),
          { phoneNumber => '+5511987654321', name => 'Ana',
            'extra.loja' => 'Centro', 'extra.pedidos' => 3,
            'extra.saldo' => '=1+1' }, 'a row joins whom it names');

my @errors = split /\r\n/, $t->get("/v1/imports/$import->{id}/errors.csv")->{text};
is($errors[0], 'line,column,reason,Phone Number,E-MAIL,loja,extra.pedidos,saldo',
   'errors.csv has the columns of the file');
like($errors[2], qr/^5,Phone Number,[^,]+,12,,Sul,1,2$/, '… and each row');
like($t->get("/v1/imports/$import->{id}/profiles.csv")->{text},
     qr/^line,profile\r\n2,prf_\w+\r\n3,prf_\w+\r\n$/, 'rows are known by line');

taken('extras', "telefone;phone;caf\xe9\n1;11987654321;S\xe3o\n",
      args => 'encoding=windows-1252');
is(person('+5511987654321')->{"extra.caf\x{e9}"}, "S\x{e3}o",
   'encodings are those of contacts');

$r = csv('extras', "phone,a\n1,2\nx,3\n");
is($r->{status}, 422, 'nothing that is right is a 422');
is_deeply([map { [@{$_}{qw(row column)}] } @{ $r->{json}{errors} }],
          [[2, 1], [3, 1]], '… with row and column');
ok(!glob("$t->{root}/spool/*/*"), '… and nothing is left in the spool');


# --- campaigns -----------------------------------------------------------------

lines('/v1/campaigns/events',
      { id => 'e-1', campaign => 'Natal', phone => '11987654321',
        status => 'sent', at => '2026-11-01T12:00:00Z' },
      { campaign => 'Natal', phone => '11987654321', status => 'replied',
        at => '2026-11-02T12:00:00Z' });
$import = taken('campaigns', <<'CSV');
ID,Campaign,phone,STATUS,at
e-1,Natal,11987654321,read,2026-11-09T12:00:00Z
,Natal,(11) 98765-4321,Replied,02/11/2026 12:00
e-2,Natal,11987654321,READ,2026-11-03 08:30
e-2,Natal,11987654321,READ,2026-11-03 08:30
e-3,Natal,11987654321,opened,2026-11-03 08:30
e-4,Natal,11987654321,read,ontem
e-5,Natal,11987654321,read,2999-01-01
e-6,Natal.sent,11987654321,read,2026-11-03
CSV
is_deeply($import->{rows}{duplicates}, 3,
          'an event counts once, as line or row, by its id or all that it says');
is_deeply([@{ $import->{rows} }{qw(read imported rejected)}], [8, 1, 4],
          '… and one that is none not at all');
is_deeply(person('+5511987654321')->{'campaign.Natal.last_at'},
          '2026-11-03T08:30:00Z', 'a time without a zone is in UTC');
is(person('+5511987654321')->{'campaign.Natal.read'}, 1, 'its fields follow');
is(lines('/v1/campaigns/events',
         { id => 'e-2', campaign => 'Natal', phone => '11987654321',
           status => 'read', at => '2026-11-03T08:30:00Z' })
   ->{rows}{duplicates}, 1, 'and so it is the other way round');

is($t->delete("/v1/imports/$import->{id}")->{status}, 202, 'a file is undone');
$t->wait_state("/v1/imports/$import->{id}", qr/^undone$/);
$t->wait_visible;
is(person('+5511987654321')->{'campaign.Natal.read'}, undef,
   '… and has said nothing');


# --- conversations -------------------------------------------------------------

$import = taken('conversations', <<'CSV', multipart => 1);
conversation,message,at,from,text,channel,language,phone,Sentiment
c-1,m-2,2026-11-01T12:01:00Z,customer,"Achei caro, nao quero",,,11987654321,
c-2,,01/11/2026 09:00,Customer,Quero comprar!,WhatsApp,pt,11987654322,
c-1,m-1,2026-11-01T12:00:00Z,agent,Bom dia,WhatsApp,pt,11987654321,
c-2,,01/11/2026 09:00,Customer,Quero comprar!,WhatsApp,pt,11987654322,Negative
c-2,,01/11/2026 09:01,robot,Oi,,,11987654322,
c-1,m-3,2026-11-01T12:02:00Z,customer,Tchau,,,11987654399,
,m-4,2026-11-01T12:02:00Z,customer,Tchau,,,11987654399,
CSV
is_deeply([@{ $import->{rows} }{qw(read imported rejected)}], [5, 2, 3],
          'the rows of a conversation are one, wherever they stand');
like($t->get("/v1/imports/$import->{id}/errors.csv")->{text},
     qr{^6,from,.*\r\n8,conversation,.*\r\n7,/id,}m,
     '… but one that is wrong is refused alone');
my $c = $t->get('/v1/conversations/c-1')->{json};
is_deeply([map { $_->{id} } @{ $c->{messages} }], ['m-1', 'm-2'],
          'messages are in the order of their times');
is_deeply([@{$c}{qw(channel language)}], ['WhatsApp', 'pt'],
          'what is said of the whole may stand in any row');
is($c->{labels}{priceSensitivity}{value}, 'sensitive', 'it is classified');
$c = $t->get('/v1/conversations/c-2')->{json};
is(@{ $c->{messages} }, 1, 'a message counts once');
is_deeply([@{ $c->{labels}{sentiment} }{qw(value by)}], ['negative', 'sent'],
          'labels may be sent');
is(person('+5511987654322')->{sentiment}, 'negative', '… and are fields');

is(lines('/v1/conversations',
         { id => 'c-1', phone => '11987654321', messages => [
             { id => 'm-2', at => '2026-11-01T12:01:00Z', from => 'customer',
               text => 'Achei caro, nao quero' } ] })->{rows}{duplicates}, 1,
   'a message that came in a file has come');
is(taken('conversations', "conversation,message,at,from,text,phone\n"
         . "c-1,m-1,2026-11-01T12:00:00Z,agent,Bom dia,11987654321\n")
   ->{rows}{duplicates}, 1, '… also in another file');

my $many = "conversation,at,from,text,phone\n" . join '', map {
    sprintf "long,2026-11-01T12:%02d:%02dZ,customer,n%d,11987654323\n",
            $_ / 60 % 60, $_ % 60, $_ } 1 .. 10_001;
$r = csv('conversations', $many);
is($r->{status}, 422, 'a conversation has 10,000 messages at most');
like($r->{json}{errors}[0]{detail}, qr/more than 10,000 messages/, '… and says so');
$many =~ s/.*\n\z//;
$import = taken('conversations', $many);
is($import->{rows}{imported}, 1, '… which may come in as many rows');
is(scalar(@{ $t->get('/v1/conversations/long')->{json}{messages} }), 10_000,
   '… all of them');


# --- the list, other tenants, a rebuild -------------------------------------------

is_deeply([sort map { $_->{kind} } @{ $t->get('/v1/imports')->{json}{items} }],
          [('campaigns') x 3, ('contacts') x 1, ('conversations') x 4,
           ('extras') x 2], 'the list says of what kind imports are');
is(@{ $t->get('/v1/imports?kind=contacts')->{json}{items} }, 1, '… and finds them');
is($t->get("/v1/imports/$import->{id}", tenant => 'other')->{status}, 404,
   'another tenant sees nothing of them');

my @key = (headers => { 'Idempotency-Key' => 'file-1' });
$r = csv('extras', "phone,a\n11987654321,1\n", @key);
is(csv('extras', "phone,a\n11987654321,1\n", @key)->{json}{id}, $r->{json}{id},
   'a key gives the same import again');
$t->wait_import($r->{json}{id});
$t->wait_visible;

my $before = [map { person($_) } '+5511987654321', '+5511987654322'];
my $generation = $t->query({ all => [] })->{generation};
$t->stop_worker;

for my $segment (glob "$t->{root}/segments/demo/*.seg") {
    open my $file, '+<', $segment or die "$segment: $!";
    seek $file, 200, 0;
    print $file "\xa5\x5a\xa5\x5a";
}

$t->expect_worker(qr/"base unusable"/);
$t->start_worker;
$t->wait_for('the base to be made anew', sub {
    $t->query({ all => [] })->{generation} > $generation
});
is_deeply([map { person($_) } '+5511987654321', '+5511987654322'], $before,
          'a base that is made anew from its records is the same');

$t->stop_worker;
is(csv('extras', "phone,a\n11987654321,1\n")->{status}, 503,
   'without a worker nothing is accepted');
ok(!glob("$t->{root}/spool/*/*"), '… and nothing kept');

$t->finish;
