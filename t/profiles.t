# A profile and why it is what it is; the profiles that hold a value.

use utf8;

use lib 't/lib';
use Audience::Frames;
use Audience::Test;

use JSON::PP ();

binmode Test::More->builder->$_, ':utf8'
    for qw(output failure_output todo_output);

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });

# --- two rows of one person, a third of her brother's ------------------------

my $crm = import('crm.csv', <<'');
phoneNumber,name,email,city,taxDocument
11987654321,Ana Maria Souza,ana@example.com,São Paulo,529.982.247-25
11987654322,Caio Lima,,Santos,

my $shop = import('loja.csv', <<'');
phoneNumber,name,email,city,cor
11913572468,Ana Souza,ANA@example.com,,verde
11987654321,Bruno Souza,,Campinas,azul

my ($ana) = @{ holders('email=ana@example.com') };
my $r = $t->get("/v1/profiles/$ana->{id}");
my $profile = $r->{json};

is($r->{status}, 200, 'a profile');
is($profile->{id}, $ana->{id}, 'by its id');
is_deeply($profile->{fields}, $ana->{fields}, 'with the values of a query');
is_deeply([ sort keys %{ $profile->{fields} } ],
          [qw(city cor created_at email name phoneNumber sources taxDocument
              updated_at)], 'of all its fields');

my @first = (import => $crm->{id}, line => 2);
my @second = (import => $shop->{id}, line => 2);

is_deeply($profile->{records},
          [ { @first, filename => 'crm.csv', at => $crm->{created_at} },
            { @second, filename => 'loja.csv', at => $shop->{created_at} } ],
          'its records, the oldest first');

is_deeply($profile->{provenance}, {
    phoneNumber => { value => '+5511913572468', @second },
    name => { value => 'Ana Souza', @second },
    email => { value => 'ana@example.com', @second },
    cor => { value => 'verde', @second },
    city => { value => 'São Paulo', @first },
    taxDocument => { value => '529.982.247-25', @first },
}, 'where each value came from: the newest record that says something');

is_deeply($profile->{joins},
          [ { records => [ { @first }, { @second } ],
              values => { email => 'ana@example.com' }, names => 'support',
              weight => 90, threshold => 50 } ],
          'the join: by an e-mail and the name');

my ($bruno) = grep { $_->{fields}{name} eq 'Bruno Souza' }
              @{ holders('phone=11987654321') };

is_deeply($profile->{kept_apart},
          [ { records => [ { @first }, { import => $shop->{id}, line => 3 } ],
              values => { phone => '+5511987654321' }, names => 'contradict',
              weight => -30, threshold => 50, profile => $bruno->{id},
              because => 'names' } ],
          'her brother, who has her phone: kept apart by his name');

is_deeply($profile->{blocked}, [], 'every value of hers links');
is_deeply($profile->{counts}, { records => 2, joins => 1, kept_apart => 1 },
          'how many there are of each');

my $other = $t->get("/v1/profiles/$bruno->{id}")->{json};
is($other->{kept_apart}[0]{profile}, $ana->{id}, 'her brother says the same');
is_deeply($other->{kept_apart}[0]{records}[1], { @first },
          'his own record first');


# --- who holds a value --------------------------------------------------------

is_deeply(ids(holders('phone=987654321')),
          [ sort $ana->{id}, $bruno->{id} ],
          'a phone of two people, without its area code');
is_deeply(ids(holders('phone=%2B55%2011%2091357-2468')), [ $ana->{id} ],
          'another of hers, as people write it');
is_deeply(ids(holders('taxDocument=52998224725')), [ $ana->{id} ],
          'a document without its punctuation');
is_deeply(holders('phone=11955554444'), [], 'a phone of nobody');

my $page = $t->get('/v1/profiles?phone=11987654321&limit=1')->{json};
is(scalar @{ $page->{items} }, 1, 'one at a time');
my $rest = $t->get("/v1/profiles?phone=11987654321&cursor=$page->{next}")
             ->{json};
is_deeply(ids([ @{ $page->{items} }, @{ $rest->{items} } ]),
          [ sort $ana->{id}, $bruno->{id} ], 'and the others behind');
is($rest->{next}, undef, 'to the end');

for (['taxDocument=111.111.111-11', qr/One digit/],
     ['taxDocument=529.982.247-26', qr/no CPF/],
     ['email=ana', qr/no e-mail/], ['email=', qr/no address/],
     ['phone=123', qr/./])
{
    my $r = $t->get("/v1/profiles?$_->[0]");
    is("$r->{status} $r->{json}{type}", '422 /problems/identifies-nobody',
       "$_->[0] can be nobody's");
    like($r->{json}{detail}, $_->[1], 'and the answer says why');
}

for ('', '?phone=11987654321&email=ana@example.com', '?phone=11987654321&limit=0',
     '?phone=11987654321&cursor=x')
{
    is($t->get("/v1/profiles$_")->{json}{type}, '/problems/invalid-argument',
       "/v1/profiles$_ is refused");
}


# --- ids of before ------------------------------------------------------------

my ($lone) = @{ holders('phone=11987654322') };
import('outro.csv', "phoneNumber,name,email\n"
       . "11966667777,Caio Lima,caio\@example.com\n");
my ($younger) = @{ holders('phone=11966667777') };
isnt($younger->{id}, $lone->{id}, 'two profiles');
import('junta.csv', "phoneNumber,name,email\n"
       . "11987654322,Caio Lima,caio\@example.com\n");

$r = $t->get("/v1/profiles/$younger->{id}");
is($r->{status}, 200, 'an id from before a join still answers');
is($r->{json}{id}, $lone->{id}, 'with the profile that it is now');
is($r->{json}{alias}, $younger->{id}, 'and what was asked for');
is($r->{headers}{'content-location'}, "/v1/profiles/$lone->{id}",
   'also in a header');
is($r->{json}{counts}{records}, 3, 'three records');
is($r->{json}{counts}{joins}, 2, 'two joins');
ok(!exists $t->get("/v1/profiles/$lone->{id}")->{json}{alias},
   'the id that stayed is no alias');


# A profile whose oldest record is taken away.
my %undone = (tenant => 'undone');
my $first = $t->import_file('a.csv', "phoneNumber,name,city\n"
                            . "11955550001,Ivo Reis,Santos\n", %undone);
my $id = $t->get('/v1/profiles?phone=11955550001', %undone)->{json}{items}[0]{id};
my $second = $t->import_file('b.csv', "phoneNumber,name\n11955550001,Ivo Reis\n",
                             %undone);
is($t->get("/v1/profiles/$id", %undone)->{json}{provenance}{city}{import},
   $first->{id}, 'a city that the first import said');

$t->delete("/v1/imports/$first->{id}", %undone);
$t->wait_for('the undoing', sub {
    $t->get("/v1/imports/$first->{id}", %undone)->{json}{state} eq 'undone'
});
my $left = $t->get("/v1/profiles/$id", %undone)->{json};
is($left->{alias}, $id, 'answers for its id when that import is undone');
is_deeply([ map { $_->{import} } @{ $left->{records} } ], [ $second->{id} ],
          'with the record that is left');
is_deeply([ sort keys %{ $left->{provenance} } ], [qw(name phoneNumber)],
          'and what that says');
is($t->get("/v1/imports/$second->{id}/profiles.csv", %undone)->{text},
   "line,profile\r\n2,$left->{id}\r\n", 'its row is of that profile');
is($t->get("/v1/imports/$first->{id}/profiles.csv", %undone)->{json}{type},
   '/problems/import-undone', 'the other import has no rows any more');


# --- rules of people ----------------------------------------------------------

my %ruled = (tenant => 'ruled');
my $in = $t->import_file('r.csv', "phoneNumber,name\n"
    . "11944440001,Ana Reis\n11944440001,Ana R\n11944440002,Bia Sa\n", %ruled);
my @row = map { { import => $in->{id}, line => $_ } } 0 .. 4;
my ($whole) = $t->get('/v1/profiles?phone=11944440001', %ruled)->{json}{items}[0];

my $split = ruled("/v1/profiles/$whole->{id}/split", { records => [ $row[3] ] });
my $kept = $t->get("/v1/profiles/$whole->{id}", %ruled)->{json};
is_deeply([ map { $_->{line} } @{ $kept->{records} } ], [ 2 ],
          'a profile of which a record was taken');
is_deeply([ @{ $kept->{kept_apart}[0] }{qw(records because rule)} ],
          [ [ @row[2, 3] ], 'rule', $split->{id} ], 'names the rule that did it');

my $together = ruled('/v1/resolution/rules',
                     { type => 'together', one => [ @row[2, 4] ] });
$kept = $t->get("/v1/profiles/$whole->{id}", %ruled)->{json};
is_deeply($kept->{joins}, [ { records => [ @row[2, 4] ], values => {},
                              names => 'contradict', rule => $together->{id} } ],
          'so does a join that a rule made');


# --- other documents, values that do not link, many records -------------------

import('docs.csv', "phoneNumber,name,taxDocument\n"
       . "11944443333,Eva Dias,390.533.447-05\n"
       . "11944443333,Eva Dias,168.995.350-09\n");
my @eva = @{ holders('phone=11944443333') };
is(scalar @eva, 2, 'two documents are two people');
my $eva = $t->get("/v1/profiles/$eva[0]{id}")->{json};
is($eva->{kept_apart}[0]{because}, 'documents', 'as each of them says');
is_deeply([ sort @{ $eva->{kept_apart}[0]{documents} } ],
          [ '16899535009', '39053344705' ], 'with the documents');

my @names = qw(Ana Bento Carla Davi Elisa Fabio Gil Hugo Iara Joao);
import('nove.csv', "phoneNumber,name\n"
       . join '', map { "1133334444,$_ Prado\n" } @names);
my $blocked = $t->get('/v1/profiles/'
                      . holders('phone=1133334444')->[0]{id})->{json}{blocked};
is(scalar @$blocked, 1, 'a phone with ten people behind it');
is("@{ $blocked->[0] }{qw(kind value why)}", 'phone +551133334444 people',
   'does not link, and says so');
cmp_ok($blocked->[0]{people}, '>', 8, 'with how many people there are');

import('nada.csv', "phoneNumber,name,email\n11922221111,Rui Sa,nao\@tem.com\n");
is_deeply($t->get('/v1/profiles/' . holders('phone=11922221111')->[0]{id})
            ->{json}{blocked},
          [ { kind => 'email', value => 'nao@tem.com', why => 'listed' } ],
          'what stands on the list does not link either');


# More than are shown.
import('muitas.csv', "phoneNumber,name\n" . "11933330000,Leo Reis\n" x 1_100);
my $leo = $t->get('/v1/profiles/' . holders('phone=11933330000')->[0]{id})->{json};
is_deeply($leo->{counts}, { records => 1_100, joins => 1_099, kept_apart => 0 },
          'a person of many records');
is(scalar @{ $leo->{$_} }, 1_000, "of $_ the first thousand are shown")
    for qw(records joins);
is($leo->{provenance}{name}{line}, 1_101, 'the newest record says the name');


# --- the profile of each row ----------------------------------------------------

$r = $t->get("/v1/imports/$shop->{id}/profiles.csv");
is("$r->{status} $r->{type}", '200 text/csv; charset=utf-8',
   'the profiles of an import are a CSV file');
is($r->{text}, "line,profile\r\n2,$ana->{id}\r\n3,$bruno->{id}\r\n",
   'a line for each row');
is($t->head("/v1/imports/$shop->{id}/profiles.csv")->{status}, 200,
   'which can be asked for without it');

my $some = import('some.csv', "phoneNumber,name,Opt-in\n11911110001,Lia,sim\n"
                  . "123,Mia,sim\n11911110002,Nia,nao\n"
                  . "\"11911110003\",\"Oto\nPaz\",sim\n11911110001,Lia,sim\n");
like($t->get("/v1/imports/$some->{id}/profiles.csv")->{text},
     qr/\Aline,profile\r\n2,(prf_\w+)\r\n5,prf_\w+\r\n7,\1\r\n\z/,
     'rejected and refused rows are left out; rows of one person say so');

my $none = import('none.csv', "phoneNumber,name\n12,Lia\n");
is($t->get("/v1/imports/$none->{id}/profiles.csv")->{text}, "line,profile\r\n",
   'no row, no line');

my $many = import('many.csv', "phoneNumber,name\n" . join '', map {
    sprintf "+35191%07d,Row %d\n", 2000000 + $_, $_ } 1 .. 20_000);
is($many->{rows}{imported}, 20_000, 'many rows');

my @lines = split /\r\n/,
                  $t->get("/v1/imports/$many->{id}/profiles.csv")->{text};
is(scalar @lines, 20_001, 'have a line each');
is($lines[-1], '20001,' . holders('phone=%2B351912020000')->[0]{id},
   'to the last one');
is_deeply([ map { /^(\d+),/ } @lines ], [ 2 .. 20_001 ],
          'in the order of the file');

# A reader that leaves, and one that reads when others have had many turns.
my $gone = $t->connect;
print {$gone} "GET /v1/imports/$many->{id}/profiles.csv HTTP/1.1\r\n"
    . "Host: x\r\nX-Tenant: demo\r\nX-User: x\r\n\r\n";
sysread $gone, my $piece, 1000;
close $gone;

my $slow = dial($t);
print {$slow} request('GET', "/v1/imports/$many->{id}/profiles.csv");
is(scalar(grep { $t->get("/v1/profiles/$ana->{id}")->{status} == 200 } 1 .. 30),
   30, 'others are answered meanwhile');
is((answer($t, $slow) || [])->[1], join('', map { "$_\r\n" } @lines),
   'and it gets every line');

is($t->get("/v1/imports/$many->{id}/profiles.csv", tenant => 'other')->{status},
   404, 'other tenants have no such import');

$t->hold_jobs('import:started');
my $held = $t->upload('held.csv', "phoneNumber\n11977776666\n")->{json};
is($t->get("/v1/imports/$held->{id}/profiles.csv")->{json}{type},
   '/problems/import-not-finished', 'an import that waits has no profiles yet');
$t->release_jobs;
$t->wait_import($held->{id});


# --- the README's example -------------------------------------------------------

my ($readme) = $t->read_file('README.md') =~ /^## A join explained\n(.*?)^## /ms;
my ($one, $two) = $readme =~ /^```csv\n(.*?)^```$/msg;
my ($said) = $readme =~ /^```json\n(.*?)^```$/ms;

$t->import_file('crm.csv', $one, tenant => 'readme');
$t->import_file('loja.csv', $two, tenant => 'readme');
my ($who) = @{ $t->get('/v1/profiles?email=ana@example.com',
                       tenant => 'readme')->{json}{items} };
$who = $t->get("/v1/profiles/$who->{id}", tenant => 'readme')->{json};
delete @{ $who->{fields} }{qw(created_at updated_at sources)};

my $shown = JSON::PP->new->canonical->encode($who);
$shown =~ s/"(prf|imp)_\w+"/"$1_…"/g;
$shown =~ s/"at":"[^"]+"/"at":"…"/g;
is_deeply(JSON::PP->new->decode($shown), JSON::PP->new->utf8->decode($said),
          'the join in README.md is explained as it says');


# --- what is not there --------------------------------------------------------

is($t->get("/v1/profiles/$ana->{id}", tenant => 'other')->{status}, 404,
   'other tenants have no such profile');
is_deeply($t->get('/v1/profiles?email=ana@example.com', tenant => 'other')
            ->{json}{items}, [], 'and nobody with the value');
is($t->get('/v1/profiles/prf_' . '0' x 26)->{status}, 404, 'an id of nobody');
is($t->get('/v1/profiles/imp_none')->{status}, 404, 'no id at all');

$t->restart_worker('import.area_code' => '11');
is_deeply($t->get("/v1/profiles/$ana->{id}")->{json}{joins},
          $profile->{joins}, 'the same after a restart');

$t->finish;


sub import
{
    my ($name, $text) = @_;
    utf8::encode($text);
    return $t->import_file($name, $text);
}


sub holders
{
    my ($args) = @_;
    my $r = $t->get("/v1/profiles?$args");
    die "profiles?$args: $r->{status} $r->{text}\n" unless $r->{status} == 200;
    return $r->{json}{items};
}


# A call that makes a rule; what it answers, once that is true.
sub ruled
{
    my ($path, $body) = @_;

    my $rule = $t->post($path, $body, %ruled)->{json};
    is($t->wait_job($rule->{job}, %ruled)->{state}, 'done', "$path is done");
    return $rule;
}


sub ids { [ sort map { $_->{id} } @{ $_[0] } ] }
