# Rows become people: what joins them and what keeps them apart, ids that last,
# the same people whatever came first, whatever was killed or undone meanwhile,
# and files that are made to hurt.

use lib 't/lib';
use Audience::People ();
use Audience::Test;
use List::Util qw(shuffle);
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ }
                        qw(output failure_output todo_output);

# The most memory of its own that the worker may hold after bad input; the
# sanitizers keep what was freed.
use constant MEMORY => Audience::Stack::sanitize() ? 2048 : 512;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });

my ($ana, $bia) = ($Audience::People::ana, $Audience::People::bia);


# --- what joins ---------------------------------------------------------------

import('cpf', { phone => 1, cpf => $ana, name => 'Ana Silva' });
import('cpf', { phone => 2, cpf => $ana, name => 'Ana Silva' });
is(people('cpf'), '1+2', 'a CPF joins two imports with different phones');

import('family', { phone => 1, name => 'Ana Silva' },
                 { phone => 1, name => 'João Silva' },
                 { phone => 1, name => 'Ana M. Silva' },
                 { phone => 1, name => 'Beatriz Silva' });
is(people('family'), '1+3 2 4', 'a family behind one phone is several people');

import('documents', { email => 'a', cpf => $ana, name => 'Ana Silva' });
import('documents', { email => 'a', cpf => $bia, name => 'Ana Silva' });
is(people('documents'), '1 2', 'two documents are two people');


# --- a value with too many people ---------------------------------------------

my $first = import('crowd', { phone => 1, name => 'Ana Silva' },
                            { phone => 1, name => 'Ana M. Silva' },
                            { phone => 2, name => 'Caio' });
is(people('crowd'), '1+2 3', 'a phone joins two rows');
my %before = ids('crowd');

my @crowd = map { { phone => 1, name => $_ } }
            qw(Bia Caio Davi Eva Fabio Gil Hugo Iris);
import('crowd', @crowd);
is(people('crowd'), join(' ', sort 1 .. 11),
   'and no longer when nine people have it: what it joined comes apart');
my %after = ids('crowd');
is($after{1}, $before{'1+2'}, 'the part with the oldest row keeps the id');
is($after{3}, $before{3}, 'as does who had nothing to do with it');

import('crowd', { phone => 1, name => 'Ana Silva' });
is(people('crowd'), join(' ', sort 1 .. 12), 'nor joins it who comes later');


# --- ids ----------------------------------------------------------------------

import('ids', { phone => 1, name => 'Ana Silva' },
              { email => 'a', name => 'Ana Silva' });
%before = ids('ids');
import('ids', { phone => 1, city => 'Santos' });
%after = ids('ids');
is($after{'1+3'}, $before{1}, 'the id stays when a row comes');
import('ids', { phone => 1, email => 'a', name => 'Ana Silva' });
%after = ids('ids');
is(people('ids'), '1+2+3+4', 'a row joins two profiles');
is($after{'1+2+3+4'}, $before{1}, 'and the older id stays');
$t->restart_worker;
is_deeply({ ids('ids') }, \%after, 'after a restart, too');
$t->stop_worker;
unlink glob "$t->{root}/segments/ids/*.seg";
$t->start_worker;
$t->expect_worker(qr/"base unusable"/);
$t->wait_for('the rebuild of lost segments', sub {
    grep { $_->{type} eq 'rebuild' && $_->{state} eq 'done' }
         @{ $t->get('/v1/jobs', tenant => 'ids')->{json}{items} }
});
$t->wait_visible(tenant => 'ids');
is_deeply({ ids('ids') }, \%after, 'and when all was built anew');


# --- any order ----------------------------------------------------------------

srand 4;

my @world = map { Audience::People::random_row($_) } 1 .. 120;
my $people;

for my $try (1 .. 6) {
    my @rows = $try == 1 ? @world : shuffle @world;

    while (my @file = splice @rows, 0, $try == 1 ? 120 : 1 + int rand 60) {
        import("order$try", @file);
    }

    $people //= people("order$try");
    is(people("order$try"), $people, "rows and imports in order $try");
}

cmp_ok(scalar(() = $people =~ /\+/g), '>', 20, 'in which many rows joined');


# --- a worker that is killed --------------------------------------------------

my @rows = shuffle @world;

for my $point (qw(started prepared committed returned)) {
    $t->stop_worker;
    $t->start_worker(env => { AUDIENCE_FAULT => "import:$point" });

    my $r = $t->upload('crm.csv', of('killed')->csv(splice @rows, 0, 30),
                       tenant => 'killed');
    my $status = $t->reap('worker', 120);

    is($status && $status & 127, 9, "a worker is killed when $point");
    $t->start_worker;
    $t->wait_import($r->{json}{id}, tenant => 'killed');
    $t->wait_visible(tenant => 'killed');
}

is(people('killed'), $people, 'and the people are the same');


# --- undone -------------------------------------------------------------------

@rows = shuffle @world;

# With so many names that phones stop linking, and do again afterwards.
my @noise = map {
    { %{ Audience::People::random_row($_) }, phone => 1 + $_ % 6,
      name => given($_) . ' Souza' }
} 121 .. 180;
my @gone;

while (my @file = splice @rows, 0, 1 + int rand 40) {
    import('never', @file);
    import('undone', @file);
    push @gone, import('undone', splice @noise, 0, 10) if @noise;
}

isnt(people('undone'), $people, 'files go in between others, and join them');

for my $import (shuffle @gone) {
    my $path = "/v1/imports/$import->{id}";

    is($t->delete($path, tenant => 'undone')->{status}, 202, 'one is undone');
    $t->wait_state($path, qr/^undone$/, tenant => 'undone');
}

$t->wait_visible(tenant => 'undone');
is(people('undone'), $people, 'and the people are as if they had never been');
is_deeply(fields_of('undone'), fields_of('never'), 'with all that they say');


# --- bad input ----------------------------------------------------------------

# A file goes in twice; nobody is joined by the second who was not by the first,
# and rows that nothing links are people again.  No crash, no hang, and memory
# has bounds.
sub survives
{
    my ($what, $people, $again, @lines) = @_;

    my $before = $t->pid('worker');
    my $tenant = 'bad' . ++$t->{bad};
    my $text = join "\n", 'phoneNumber,email,taxDocument,name,city', @lines, '';

    utf8::encode($text);

    for my $expected ($people, $again) {
        my $import = $t->import_file('bad.csv', $text, tenant => $tenant);

        is($import->{state}, 'succeeded', "$what: goes in");
        is($t->count(undef, tenant => $tenant), $expected,
           "… and makes $expected people");
    }

    $t->import_file('good.csv', "phoneNumber,name\n11911111111,Eva\n",
                    tenant => $tenant);
    is($t->count(undef, tenant => $tenant), $again + 1,
       '… and a good file after it');

    my ($own) = $t->read_file("/proc/$before/status") =~ /^RssAnon:\s+(\d+)/m;
    cmp_ok($own / 1024, '<', MEMORY, '… with bounded memory');
    note sprintf '%d MiB', $own / 1024;
    ok($t->alive('worker'), '… by the same worker');
    return $tenant;
}


survives('one phone in every row, a name in none', 1, 1,
         ('11987654321,,,,Santos') x 50_000);
survives('one phone in every row, other names', 50_000, 100_000,
         map { "11987654321,,,@{[ given($_) ]} Silva,Santos" } 1 .. 50_000);
survives('one phone in every row, other e-mails', 50_000, 50_000,
         map { "11987654321,p$_\@example.com,,,Santos" } 1 .. 50_000);
survives('a chain of rows', 1, 1, map {
    sprintf '119%08d,p%d@example.com,,,Santos', 10_000_000 + int($_ / 2),
            ($_ + 1) / 2
} 0 .. 49_999);
survives('1,000 people behind one e-mail', 1000, 1000,
         map { sprintf '119%08d,loja@example.com,,%s Lima,Santos',
                       20_000_000 + $_, given($_) } 1 .. 1000);
survives('identifiers of 1 MB', 4, 4,
         '11987654321,' . 'a' x 1_000_000 . '@example.com,,Ana,Santos',
         '11987654322,,' . '1' x 1_000_000 . ',Bia,Santos',
         '11987654323,,,' . 'Caio ' x 200_000 . ',Santos',
         '11987654324,a@' . 'b.' x 500_000 . 'com,,Davi,Santos',
         '1' x 1_000_000 . ',,,Eva,Santos');

my $names = survives('names of all the world', 5, 5,
    '11987654321,,,Александр Пушкин,Москва', '11987654321,,,Анна Керн,',
    '11987654322,,,محمد علي,القاهرة', '11987654322,,,فاطمة الزهراء,',
    '11987654323,,,😀🎉,', '11987654323,,,👩‍👩‍👧 🇧🇷,',
    '11987654321,,,АЛЕКСАНДР ПУШКИН,Киев');
is_deeply([map { $_->{fields}{city} }
           @{ $t->query({ field => 'name', op => 'equals',
                          value => 'александр пушкин' }, tenant => $names)
                ->{profiles} }],
          ['Киев'], 'and are found in any case');

$t->finish;


sub of
{
    my ($tenant) = @_;
    return $t->{people}{$tenant} //= Audience::People->new($t, $tenant);
}


sub import    { my $tenant = shift; of($tenant)->import(@_) }
sub ids       { of($_[0])->ids }
sub people    { of($_[0])->people }
sub fields_of { of($_[0])->fields }
sub given     { Audience::People::random_given($_[0]) }
