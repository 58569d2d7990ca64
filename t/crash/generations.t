# An import is whole or absent: queries all through imports, undoing and kills see
# the base as it is between two of them, whole, and never an older one after a
# newer one.
#
# Each file brings contacts that are new and others that are there, whose values
# it changes; so a half of it would show in one count or another.

use lib 't/lib';
use Audience::Crash;
use Audience::Test;
use JSON::PP ();
use POSIX ();

use constant { ROWS => 1500, ASKERS => 3 };

my $files = turns(6, 40);
my $t = Audience::Test->start(nginx_workers => 2, worker => {
    'worker.job_max_attempts' => 100, 'segments.merge_at' => 2 });
my (%person, @states, %undo, $last);

srand seed();

# What a query may ask for, and who that is.
my %filters = (
    all     => [ { all => [] }, sub { 1 } ],
    low     => [ { field => 'valor', op => 'less_than', value => 50 },
                 sub { $_[0]{valor} < 50 } ],
    even    => [ { field => 'turma', op => 'equals', value => 'par' },
                 sub { $_[0]{turma} eq 'par' } ],
    both    => [ { all => [ { field => 'turma', op => 'equals', value => 'par' },
                            { field => 'valor', op => 'greater_than',
                              value => 30 } ] },
                 sub { $_[0]{turma} eq 'par' && $_[0]{valor} > 30 } ],
    neither => [ { not => { any => [
                     { field => 'turma', op => 'equals', value => 'par' },
                     { field => 'valor', op => 'less_than', value => 70 } ] } },
                 sub { $_[0]{turma} ne 'par' && $_[0]{valor} >= 70 } ],
);


# The counts of the base as it would be now.
sub note_state
{
    my %counts;

    for my $name (keys %filters) {
        $counts{$name} = grep { $filters{$name}[1]->($_) } values %person;
    }
    push @states, \%counts;
}


# A file's rows, half of them about people who are there.
sub rows
{
    my @known = sort { $a <=> $b } keys %person;
    my $new = @known ? $known[-1] : 0;
    my %rows;

    $rows{ $known[rand @known] } = 1 for @known ? 1 .. ROWS / 2 : ();
    $rows{ ++$new } = 1 while keys %rows < ROWS;
    return map { { phone => $_, valor => int rand 100,
                   turma => int rand 2 ? 'par' : 'impar' } }
           sort { $a <=> $b } keys %rows;
}


sub csv
{
    return "phoneNumber,valor,turma\n" . join '', map {
        sprintf "+55119%08d,%d,%s\n", @$_{qw(phone valor turma)} } @_;
}


# Asks again and again until SIGTERM: "generation filter count total" a line.
sub asker
{
    my ($n) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my $stop = 0;
    my @names = sort keys %filters;

    $SIG{TERM} = sub { $stop = 1 };
    srand seed() + $n;
    open my $log, '>', "$t->{dir}/asked.$n" or die;

    while (!$stop) {
        my $name = $names[rand @names];
        my $q = $t->query($filters{$name}[0], limit => 0);
        print {$log} "$q->{generation} $name $q->{count} $q->{total}\n";
    }
    close $log;
    POSIX::_exit(0);
}


my @first = rows();

$person{ $_->{phone} } = $_ for @first;
$t->import_file('0.csv', csv(@first));
note_state();

my @askers = map { asker($_) } 1 .. ASKERS;

for my $n (1 .. $files) {
    if ($last && $n % 5 == 0) {         # the last one goes again
        my $r = $t->delete("/v1/imports/$last->{id}");
        die "undo: $r->{status}\n" if $r->{status} != 202;
        %person = %undo;
        undef $last;
        note_state();
        $t->wait_job($r->{json}{undo}{job});
        next;
    }

    my @rows = rows();
    my $r = $t->upload("$n.csv", csv(@rows));
    die "upload: $r->{status} $r->{text}\n" if $r->{status} != 202;

    %undo = %person;
    $last = $r->{json};
    $person{ $_->{phone} } = $_ for @rows;
    note_state();

    if ($n % 2) {
        select undef, undef, undef, rand 0.1;
        $t->kill_worker;
        $t->start_worker;
    }
    is($t->wait_import($last->{id})->{state}, 'succeeded', "file $n");
}

$t->wait_visible;
kill 'TERM', @askers;
for my $pid (@askers) {
    waitpid $pid, 0;
    is($?, 0, 'an asker had an answer each time');
}


# --- what was seen ---------------------------------------------------------------

my (%seen, $answers);

for my $n (1 .. ASKERS) {
    for my $line (split /\n/, $t->read_file("$t->{dir}/asked.$n")) {
        my ($generation, $name, $count, $total) = split / /, $line;

        $seen{$generation}{$name}{$count} = 1;
        $seen{$generation}{all}{$total} = 1;
        $answers++;
    }
}

my $state = 0;
my @wrong;

for my $generation (sort { $a <=> $b } keys %seen) {
    my $counts = $seen{$generation};
    my $fits = sub {
        my ($s) = @_;
        return !grep { join(' ', keys %{ $counts->{$_} }) ne $s->{$_} }
                     keys %$counts;
    };

    # Merges make generations, too: the state may stay.
    my $next = $state;
    $next++ while $next < @states && !$fits->($states[$next]);

    if ($next == @states) {
        push @wrong, "generation $generation: " . join ', ', map {
            "$_ " . join '|', sort keys %{ $counts->{$_} } } sort keys %$counts;
        next;
    }
    $state = $next;
}

is_deeply(\@wrong, [], "$answers answers of " . keys(%seen)
          . ' generations are each of a base between two imports, in order');
is($t->count($filters{$_}[0]), $states[-1]{$_}, "$_: in the end as it must be")
    for sort keys %filters;

$t->finish;
