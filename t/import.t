# What becomes of the rows of a file: who goes in, who does not and why, and
# which types the columns get.

use lib 't/lib';
use Audience::Test;
use MIME::Base64 ();
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });

my $header = 'phoneNumber,email,city,address,taxDocument,name,'
             . 'time do coração,gosta de futebol?,idade';
my @rows = (
    '987654321,joao.silva@gmail.com,São Paulo,Rua exemplo 1,12345678901,'
    . 'Joao Silva,Atlético Mineiro,Sim,25',
    '55566677,pedro.costa@gmail.com,Rio de Janeiro,Rua Exemplo 2,'
    . '987.654.321-09,Pedro Costa,Flamengo,Não,32',
);


# --- the example that the project began with ----------------------------------

for my $separator (',', ';') {
    my $tenant = $separator eq ',' ? 'comma' : 'semicolon';
    my $text = join("\n", $header, @rows) . "\n";
    $text =~ s/,/;/g if $separator eq ';';

    my $import = import(['crm.csv', $text], tenant => $tenant);

    is($import->{state}, 'succeeded', "$tenant: the example goes in");
    is_deeply($import->{rows}, { read => 2, imported => 2, rejected => 0,
                                 refused_opt_in => 0, erased => 0,
                                 lost_identifiers => 0 },
              '… both rows');
    is($import->{types}{idade}, 'number', '… an age is a number');
    is($import->{types}{'gosta de futebol?'}, 'yes_no', '… Sim, Não: yes or no');
    is($import->{types}{taxDocument}, 'text', '… an identifier is text');
    is_deeply(people($tenant, equals('city', 'sao paulo')), [{
        phoneNumber => '+5511987654321', email => 'joao.silva@gmail.com',
        city => 'São Paulo', address => 'Rua exemplo 1',
        taxDocument => '12345678901', name => 'Joao Silva',
        'time do coração' => 'Atlético Mineiro',
        'gosta de futebol?' => 'Sim', idade => '25',
    }], '… and is found without accents, every value as written');
    is($t->count({ field => 'idade', op => 'greater_than', value => 30 },
                 tenant => $tenant), 1, '… an age compares as a number');
}


# --- what an import says of itself --------------------------------------------

my $answer = $t->upload('clientes.csv', "phoneNumber\n11987654321\n",
                        tenant => 'story');
is($answer->{status}, 202, 'an upload is accepted');
my $id = $answer->{json}{id};
is($answer->{headers}{location}, "/v1/imports/$id", 'and says where it stands');
my $import = $t->wait_import($id, tenant => 'story');
is_deeply([map { $_->{state} } @{ $import->{history} }],
          ['queued', 'running', 'succeeded'], 'the history of its states');
is($import->{history}[2]{outcome}, 'complete', 'nothing was rejected');
is($import->{created_by}, 'demo@example.com', 'who sent it');
is($t->get("/v1/jobs/$import->{job}", tenant => 'story')->{json}{state}, 'done',
   'its job is done');
ok(!glob("$t->{root}/spool/story/*"), 'the spool is empty again');


# --- consent ------------------------------------------------------------------

$import = import("phoneNumber,name,Opt-in\n"
                 . "11987654301,Ana,sim\n11987654302,Bia,NÃO\n"
                 . "11987654303,Caio,opt-out\n11987654304,Davi,\n"
                 . "11987654305,Eva,0\n", tenant => 'consent');
is_deeply([@{ $import->{rows} }{qw(read imported refused_opt_in)}], [5, 2, 3],
          'who refuses is counted');
is_deeply([sort map { $_->{name} } @{ people('consent', { all => [] }) }],
          ['Ana', 'Davi'], 'and not stored');
ok($import->{consent}{assumed}, 'an empty cell is consent that was assumed');
unlike($t->get("/v1/imports/$import->{id}/errors.csv",
               tenant => 'consent')->{text}, qr/Bia|Caio|Eva/,
       'nor told among the errors');

$import = import("phoneNumber\n11987654301\n", tenant => 'consent');
ok($import->{consent}{assumed}, 'without the column consent was assumed');
is($import->{consent}{by}, 'demo@example.com', 'on whose word');

$import = import("phoneNumber,Opt-in\n11987654301,sim\n", tenant => 'consent');
ok(!$import->{consent}{assumed}, 'a yes is no assumption');

$import = import("phoneNumber,Opt-in\n11987654309,não\n", tenant => 'refused');
is($import->{state}, 'succeeded', 'a file of refusals alone is no failure');
is($t->count({ all => [] }, tenant => 'refused'), 0, 'and stores nobody');


# --- rejected rows ------------------------------------------------------------

$import = import("phoneNumber,taxDocument,name\n"
                 . "11987654301,52998224725,Ana\n"
                 . "12,1,Curto\n"
                 . "\n"
                 . "11987654303,1,Dora,demais\n"
                 . "\"5,51199E+12\",1,=1+1\n"
                 . "11987654304,\"1,95419E+13\",Eva\n", tenant => 'rejected');

is($import->{state}, 'succeeded', 'rejected rows do not keep the others out');
is($import->{outcome}, 'with_rejections', '… and the state tells of them');
is($import->{history}[-1]{outcome}, 'with_rejections', '… in its history too');
is_deeply([@{ $import->{rows} }{qw(read imported rejected lost_identifiers)}],
          [5, 2, 3, 1], '… counted');

my $errors = $t->get("/v1/imports/$import->{id}/errors.csv",
                     tenant => 'rejected');
like($errors->{type}, qr{^text/csv}, 'errors.csv is CSV');
my @errors = split /\r\n/, $errors->{text};
is($errors[0], 'line,column,reason,phoneNumber,taxDocument,name',
   'errors.csv has the columns of the file');
like($errors[1], qr/^3,phoneNumber,[^,]+,12,1,Curto$/, 'line, column, row');
like($errors[2], qr/^5,,The row has 4 cells; the header has 3\.,/,
     'a wrong number of cells');
like($errors[3], qr/^6,phoneNumber,.*,"5,51199E\+12",1,'=1\+1$/,
     'a phone that a spreadsheet has spoiled; formulas stay asleep');
like($errors[4], qr/^7,taxDocument,.*,11987654304,"1,95419E\+13",Eva$/,
     'an identifier that was lost');
is(scalar @errors, 5, 'and nothing else');

my ($eva) = @{ people('rejected', equals('name', 'eva')) };
is($eva->{phoneNumber}, '+5511987654304', 'the row that lost one went in');
ok(!exists $eva->{taxDocument}, 'without it');

$import = import("phoneNumber\n1\n2\n", tenant => 'hopeless');
is($import->{state}, 'failed', 'a file of rejected rows alone fails');
like($import->{error}, qr/All 2 rows/, 'and says why');
like($t->get("/v1/imports/$import->{id}/errors.csv",
             tenant => 'hopeless')->{text}, qr/\r\n2,phoneNumber,/,
     'row by row');
is($t->get("/v1/imports", tenant => 'hopeless')->{json}{items}[0]{state},
   'failed', 'in the list too');


# --- one phone is one profile -------------------------------------------------

import("phoneNumber,name,city\n+55 11 98765-4321,Ana,\n(11) 8765-4321,,Santos\n",
       tenant => 'merge');
is_deeply(people('merge', { all => [] }),
          [{ phoneNumber => '+5511987654321', name => 'Ana',
             city => 'Santos' }],
          'two forms of a phone in one file, cell by cell');
import("phoneNumber,name,city\n011987654321,Ana Maria,\n", tenant => 'merge');
is_deeply(people('merge', { all => [] }),
          [{ phoneNumber => '+5511987654321', name => 'Ana Maria',
             city => 'Santos' }],
          'a newer file wins where it says something');


# --- types --------------------------------------------------------------------

$import = import("phoneNumber,valor,desde,nota\n" . join('', map {
    sprintf "119876543%02d,\"%s\",%s,%s\n", $_, $_ == 9 ? 'n/d' : "1.234,$_",
            $_ % 2 ? '31/12/2025' : '2025-12-31', $_ < 5 ? $_ : 'boa'
} 0 .. 9), tenant => 'types');

is_deeply({ map { $_ => $import->{types}{$_} } qw(valor desde nota) },
          { valor => 'number', desde => 'date', nota => 'text' },
          'nine of ten values make a type');
is_deeply($import->{misfits}, { valor => 1 }, 'the tenth is counted');
is($t->count(equals('valor', 'n/d'), tenant => 'types'), 1,
   'and kept as text');
is($t->count({ field => 'desde', op => 'after', value => '2025-12-30' },
             tenant => 'types'), 10, 'both forms of dates are dates');

import("phoneNumber,valor\n" . join('', map {
    sprintf "119876544%02d,texto\n", $_
} 0 .. 9), tenant => 'types');
my ($field) = grep { $_->{name} eq 'valor' }
              @{ $t->get('/v1/fields', tenant => 'types')->{json}{items} };
is($field->{type}, 'text', 'a type that no longer fits is given up, for all');
is($t->count(equals('valor', '1.234,5'), tenant => 'types'), 1,
   'without losing a value');


# --- lists and the model file -------------------------------------------------

import(["$_.csv", "phoneNumber\n11987654321\n"], tenant => 'lists')
    for qw(abril maio Maio-2);
my $list = $t->get('/v1/imports?q=maio', tenant => 'lists')->{json};
is_deeply([map { $_->{filename} } @{ $list->{items} }],
          ['Maio-2.csv', 'maio.csv'], 'imports by name, the newest first');
is(scalar @{ $t->get('/v1/imports?from=2020-01-01&to=2020-12-31',
                     tenant => 'lists')->{json}{items} }, 0, 'by date');
my $template = $t->get('/v1/imports/template.csv', tenant => 'lists');
like($template->{text}, qr/^phoneNumber,email,city,address,taxDocument,name,/,
     'the model file');
is($t->get("/v1/imports/imp_01hf00000000000000000000zz")->{status}, 404,
   'an unknown import');
is($t->call('PUT', '/v1/imports')->{headers}{allow}, 'GET, HEAD, POST',
   'another method: which there are, also the one that nginx takes');


# --- asked twice --------------------------------------------------------------

my %key = (tenant => 'twice', headers => { 'Idempotency-Key' => 'k-1' });
my $file = "phoneNumber\n11987654321\n";
my $first = $t->upload('crm.csv', $file, %key);
$t->wait_import($first->{json}{id}, tenant => 'twice');
my $again = $t->upload('crm.csv', $file, %key);
is($again->{status}, 202, 'the same upload under the same key');
is($again->{json}{id}, $first->{json}{id}, 'is the same import');
is($t->upload('crm.csv', $file . "11987654322\n", %key)->{status}, 422,
   'another file under it is refused');
is(scalar @{ $t->get('/v1/imports', tenant => 'twice')->{json}{items} }, 1,
   'and there is one import');
ok(!glob("$t->{root}/spool/twice/*"), 'with nothing left in the spool');


# --- cancelled while it waits -------------------------------------------------

# Imports of a tenant run one after the other, so the second one waits.
my %who = (tenant => 'cancel');
$t->hold_jobs('import:started');
my $long = $t->upload('long.csv', "phoneNumber\n11987654320\n", %who)->{json};
my $waiting = $t->upload('wait.csv', "phoneNumber\n11987654321\n", %who)->{json};
is($t->post("/v1/jobs/$waiting->{job}/cancel", {}, %who)->{status}, 202,
   'an import that waits can be cancelled');
$t->release_jobs;
$import = $t->wait_import($waiting->{id}, %who);
is($import->{state}, 'failed', 'it failed');
is($import->{error}, 'The import was cancelled.', 'and says why');
is($t->wait_import($long->{id}, %who)->{state}, 'succeeded',
   'the other one went on');
ok(!glob("$t->{root}/spool/cancel/*"), 'nothing is left in the spool');
$t->wait_for('the e-mail about it', sub {
    grep { letter($_) =~ /wait\.csv/ } glob "$t->{root}/outbox/*.eml";
});
pass('its author was told');

# --- phones of other countries ------------------------------------------------

$import = import("phoneNumber\n+351 912 345 678\n+351 112 345 678\n",
                 tenant => 'abroad');
is_deeply(people('abroad', { all => [] }),
          [{ phoneNumber => '+351912345678' }],
          'a number abroad goes in where its country has such');
is($import->{rows}{rejected}, 1, 'and only there');

$t->restart_worker('resolution.country' => 'PT');
import("phoneNumber\n912 345 679\n+55 11 8765-4321\n", tenant => 'home');
is_deeply([sort map { $_->{phoneNumber} } @{ people('home', { all => [] }) }],
          ['+351912345679', '+5511987654321'],
          'a number without a country is one of the country that is set');

$t->finish;


sub import
{
    my ($file, %who) = @_;
    return $t->import_file(map({ bytes($_) }
                               ref $file ? @$file : ('crm.csv', $file)), %who);
}


# What an e-mail says: its parts are base64.
sub letter
{
    my ($path) = @_;
    return join '', map { MIME::Base64::decode_base64($_) }
           $t->read_file($path) =~ m{^((?:[A-Za-z0-9+/]{40,}=*\r?\n)+)}mg;
}


sub bytes
{
    my ($text) = @_;
    utf8::encode($text);
    return $text;
}


sub equals
{
    my ($field, $value) = @_;
    return { field => $field, op => 'equals', value => $value };
}


# The fields of the profiles that match, but for those of the system.
sub people
{
    my ($tenant, $filter) = @_;
    my @people;

    for my $profile (@{ $t->query($filter, tenant => $tenant)->{profiles} }) {
        my %fields = %{ $profile->{fields} };
        delete @fields{qw(created_at updated_at sources)};
        push @people, \%fields;
    }
    return \@people;
}
