# An import is whole or absent: queries all through imports, undoing and kills see
# the base as it is between two of them, whole, and never an older one after a
# newer one; what the worker says is done is in the next answer, after a kill
# between the commit and the publishing, too.  Who reads the MANIFEST, at whatever
# moment, reads a whole one, which nobody writes to any more.
#
# Each file brings contacts that are new and others that are there, whose values
# it changes; so a half of it would show in one count or another.

use lib 't/lib';
use Audience::Busy;
use Audience::Crash;
use Audience::Test;

use constant { ROWS => 1500, ASKERS => 3 };

my $files = turns(6, 40);
my $t = Audience::Test->start(nginx_workers => 2, worker => {
    'worker.job_max_attempts' => 100, 'segments.merge_at' => 2 });
my $manifest = "$t->{root}/segments/demo/MANIFEST";
my (%person, @states, %undo, $last, $held);

# What becomes of the worker during an import: it is killed at a point of the job,
# or at any time.
my @fates = qw(lives committed random prepared);

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


# Asks again and again: "generation filter count total" a line.
sub asker
{
    my ($n) = @_;
    my ($log, @names);

    return busy(sub {
        my $name = $names[rand @names];
        my $q = $t->query($filters{$name}[0], limit => 0);
        syswrite $log, "$q->{generation} $name $q->{count} $q->{total}\n";

    }, sub {
        srand seed() + $n;
        @names = sort keys %filters;
        open $log, '>', "$t->{dir}/asked.$n" or die "asked.$n: $!";
    });
}


# The counts of the base as queries see it now.
sub seen_now { return { map { $_ => $t->count($filters{$_}[0]) } keys %filters } }


# What is wrong with a MANIFEST that was read, or nothing.
sub wrong_with
{
    my ($text) = @_;

    return 'it is cut in its header' if length $text < 64;

    my ($magic, $nfields, $bytes, $nsegments) = unpack 'a8 x4 V x8 V x4 V', $text;

    return 'it is no manifest' if $magic ne "AUDMAN\r\n";
    return 'it has ' . length($text) . " of $bytes bytes"
        if $bytes != length $text;

    my @numbers = unpack 'x' . (64 + 16 * $nfields) . '(Q< x32)' . $nsegments,
                         $text;
    my @gone = grep { ! -e sprintf '%s/segments/demo/%016x.seg', $t->{root}, $_ }
               @numbers;

    return @gone ? "segments @gone are not there" : '';
}


# Reads the MANIFEST again and again, and writes down what is wrong.
sub reader
{
    my ($log, $before);

    return busy(sub {
        my $text = eval { $t->read_file($manifest) };
        my $wrong = defined $text ? wrong_with($text) : 'it is not there';
        my $number = $wrong ? $before : unpack 'x16 Q<', $text;

        $wrong ||= "$number came after $before" if $number < $before;
        $before = $number;
        syswrite $log, "$wrong\n" if $wrong;
        select undef, undef, undef, 0.001;
        return !$wrong;

    }, sub {
        $before = 0;
        open $log, '>', "$t->{dir}/read" or die "read: $!";
    });
}


# Keeps the MANIFEST open, as an nginx worker does; what was kept before is as it
# was when it was opened.
sub hold_manifest
{
    my ($what) = @_;

    if ($held) {
        my ($file, $text) = @$held;

        seek $file, 0, 0;
        local $/;
        ok(<$file> eq $text, "$what: a MANIFEST that was read is as it was");
    }

    open my $file, '<:raw', $manifest or die "$manifest: $!";
    local $/;
    $held = [ $file, scalar <$file> ];
}


# The worker is killed while it does that, and started again.
sub meet
{
    my ($fate, $what) = @_;

    if ($fate eq 'random') {
        select undef, undef, undef, rand 0.1;
        $t->kill_worker;
        $t->start_worker;
        return;
    }

    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, "$what: the worker is killed when $fate");
    is_deeply(seen_now(), $states[-2], '… and nobody has seen it');
    $t->start_worker;

    is_deeply(seen_now(), $states[-1], '… it is seen at once after the start')
        if $fate eq 'committed';
}


my @first = rows();

$person{ $_->{phone} } = $_ for @first;
$t->import_file('0.csv', csv(@first));
note_state();
is($t->count({ all => [] }), ROWS, 'a first file is in the next answer');

hold_manifest();
my @askers = map { asker($_) } 1 .. ASKERS;
my $reader = reader();

for my $n (1 .. $files) {
    if ($last && $n % 5 == 0) {         # the last one goes again
        my $r = $t->delete("/v1/imports/$last->{id}");
        die "undo: $r->{status}\n" if $r->{status} != 202;
        %person = %undo;
        undef $last;
        note_state();
        is($t->wait_job($r->{json}{undo}{job})->{state}, 'done', "undone, $n");
        is_deeply(seen_now(), $states[-1], '… and the next answer says so');
        hold_manifest("undone, $n");
        next;
    }

    my @rows = rows();
    my $fate = $fates[$n % @fates];

    if ($fate =~ /^(prepared|committed)$/) {
        is($t->stop_worker, 0, 'the worker ends, to be started with its fate');
        $t->start_worker(env => { AUDIENCE_FAULT => "import:$fate" });
    }

    my $r = $t->upload("$n.csv", csv(@rows));
    die "upload: $r->{status} $r->{text}\n" if $r->{status} != 202;

    %undo = %person;
    $last = $r->{json};
    $person{ $_->{phone} } = $_ for @rows;
    note_state();

    meet($fate, "file $n") if $fate ne 'lives';
    is($t->wait_job($last->{job})->{state}, 'done', "file $n is imported");
    is_deeply(seen_now(), $states[-1], '… and is in the next answer');
    hold_manifest("file $n");
}

is(end_busy($_), 0, 'who asked had an answer each time') for @askers;
is(end_busy($reader), 0, 'who read the MANIFEST found nothing wrong')
    or diag($t->read_file("$t->{dir}/read"));


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
