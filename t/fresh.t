# Random filters against a model while files are imported and segments merged:
# what an import reports as succeeded is in the next answer of every nginx
# worker, however busy its threads are, and a merge changes none.

use lib 't/lib';
use Audience::Test;
use POSIX ();

my $t = Audience::Test->start(nginx_workers => 2,
                              worker => { 'segments.merge_at' => 2 });

srand 7;

my @cities = ('Recife', 'Santos', 'São Paulo', 'Sorocaba', '');
my @plans = ('Ouro', 'Prata', '');
my %people;                                     # by number


# --- the model ------------------------------------------------------------------

sub pick { $_[rand @_] }

# Everybody in it has all columns again; an empty one keeps what was there.
sub import_random
{
    my ($round, $n) = @_;
    my $csv = "phoneNumber,city,plano,idade,rodada\n";
    my %new;

    $new{int rand 2000} = 1 for 1 .. $n;

    for my $who (sort { $a <=> $b } keys %new) {
        my %row = (city => pick(@cities), plano => pick(@plans),
                   idade => pick('', 1 .. 90), rodada => $round);

        $csv .= sprintf "+5511987%06d,%s,%s,%s,%s\n", $who,
            @row{qw(city plano idade rodada)};
        $people{$who}{$_} = $row{$_} for grep { $row{$_} ne '' } keys %row;
    }

    my $r = $t->upload("$round.csv", $csv);
    my $import = $t->wait_import($r->{json}{id});

    is($import->{state}, 'succeeded', "import $round");
}


# A filter, and the same as a sub of a person.
sub condition
{
    my ($field, $op, $value, $test) = @_;
    return ({ field => $field, op => $op, defined $value ? (value => $value) : () },
            sub { $test->($_[0]{$field}) });
}

sub text { my $x = lc $_[0]; $x =~ s/\xc3\xa3/a/g; $x }

sub random_condition
{
    my $n = 1 + int rand 90;
    my $city = pick(@cities[0 .. 3]);
    my $c = text($city);
    my $part = pick('o', 'san', 's', 'paulo');

    return condition(@{ pick(
        ['city', 'equals', $city, sub { defined $_[0] && text($_[0]) eq $c }],
        ['city', 'not_equals', $city, sub { !defined $_[0] || text($_[0]) ne $c }],
        ['city', 'contains', $part,
            sub { defined $_[0] && text($_[0]) =~ /$part/ }],
        ['city', 'not_starts_with', 's',
            sub { !defined $_[0] || text($_[0]) !~ /^s/ }],
        ['plano', 'exists', undef, sub { defined $_[0] }],
        ['plano', 'in', ['ouro', 'prata'], sub { defined $_[0] }],
        ['plano', 'not_exists', undef, sub { !defined $_[0] }],
        ['idade', 'greater_than', $n, sub { defined $_[0] && $_[0] > $n }],
        ['idade', 'less_than', $n, sub { defined $_[0] && $_[0] < $n }],
        ['idade', 'between', [$n, $n + 9],
            sub { defined $_[0] && $_[0] >= $n && $_[0] <= $n + 9 }],
    ) });
}

sub random_filter
{
    my ($depth) = @_;

    return random_condition() if $depth == 0 || rand() < 0.3;

    my $kind = pick(qw(all any not));
    my @parts = map { [random_filter($depth - 1)] } 1 .. ($kind eq 'not' ? 1 : 3);
    my ($first) = map { $_->[1] } @parts;

    return ({ not => $parts[0][0] }, sub { !$first->($_[0]) }) if $kind eq 'not';
    return ({ $kind => [map { $_->[0] } @parts] }, sub {
        my ($person) = @_;
        my $n = grep { $_->[1]->($person) } @parts;
        return $kind eq 'all' ? $n == @parts : $n > 0;
    });
}

sub decoded
{
    my ($filter) = @_;
    my $text = JSON::PP->new->encode($filter);
    return JSON::PP->new->utf8->decode($text);
}

# Those filters whose count is not the model's.
sub wrong
{
    my ($n) = @_;
    my @wrong;

    for (1 .. $n) {
        my ($filter, $test) = random_filter(2);
        my $expected = grep { $test->($_) } values %people;
        my $got = $t->count(decoded($filter));

        push @wrong, "$got, not $expected: " . JSON::PP->new->encode($filter)
            if $got != $expected;
    }
    return \@wrong;
}


# --- nginx's threads are kept busy ------------------------------------------------

sub busy
{
    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my $end = 0;
    local $SIG{TERM} = sub { $end = 1 };

    while (!$end) {
        $t->post('/v1/query', { limit => 1000 });
    }
    POSIX::_exit(0);
}

import_random(0, 2000);
my @busy = map { busy() } 1 .. 6;

for my $round (1 .. 15) {
    import_random($round, pick(5, 100, 1000));

    # connections are new, so that both nginx workers are asked
    my $expected = grep { $_->{rodada} == $round } values %people;
    my @counts = map { $t->count({ field => 'rodada', op => 'equals',
                                   value => $round }) } 1 .. 4;

    is("@counts", join(' ', ($expected) x 4), 'is in the next answers');
    is_deeply(wrong(10), [], 'as filters say');
}

kill 'TERM', @busy;
waitpid $_, 0 for @busy;

$t->wait_for('all merges to end', sub {
    !grep { $_->{state} =~ /^(ready|running|scheduled)$/ }
          @{ $t->get('/v1/jobs?type=merge&limit=1000')->{json}{items} }
});
cmp_ok(scalar @{ $t->get('/v1/jobs?type=merge&limit=1000')->{json}{items} }, '>',
       5, 'merges ran all the while');
$t->wait_visible;
is_deeply(wrong(50), [], 'the same after the last merge');

$t->restart_worker;
is_deeply(wrong(20), [], '… after the worker has started again');

$t->reload;
import_random(16, 500);
$t->wait_visible;
is_deeply(wrong(50), [], '… and nginx, and another import');

$t->finish;
