# Bits that flip, in each kind of file of the data root: what is damaged is reported
# and never served.  Each answer is as it was, or an error of the server; a store
# that may have lost something does not open; segments are made again.

use lib 't/lib';
use Audience::Crash;
use Audience::Test;
use JSON::PP ();

my $json = JSON::PP->new->canonical;
my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my ($root, $kept) = ($t->root, "$t->{dir}/kept");

srand seed();
$t->expect_worker(qr/"level": "error"/);
$t->expect_nginx(qr/audience/);


# --- a base, as it is without damage -------------------------------------------

# In tables mostly, and the last of it in the log alone.
my (@paths, %right, @filters);

for my $n (1 .. 3) {
    # One of the first file has another name in each of the others.
    my $import = $t->import_file("$n.csv", "phoneNumber,name,turma\n"
        . ($n > 1 ? "11987601005,Nome de $n,a\n" : '')
        . join '', map { sprintf "119876%05d,Nome %d,%s\n", 1000 * $n + $_, $_,
                         $_ % 3 ? 'a' : 'b' } 1 .. 300);
    my $r = $t->post('/v1/audiences', { name => "Turma $n", filter =>
        { field => 'turma', op => 'equals', value => 'b' } });
    my $export = $t->post("$r->{headers}{location}/exports", {});

    $t->wait_export($export->{json}{id});
    push @filters, { audience => $r->{json}{id} };
    push @paths, "/v1/imports/$import->{id}", "/v1/jobs/$import->{job}",
         $r->{headers}{location}, "/v1/exports/$export->{json}{id}";
    $t->restart_worker if $n < 3;
}

my $person = $t->query({ all => [] }, limit => 1)->{profiles}[0]{id};
push @paths, "/v1/profiles/$person", '/v1/imports', '/v1/audiences';
unshift @filters, { all => [] }, map { { field => 'turma', op => 'equals',
                                      value => $_ } } qw(a b);
$t->wait_for('all jobs to end', sub {
    $t->get('/metrics')->{text} !~ /^audience_jobs\{.*\} [1-9]/m });
%right = map { $_ => shown($_) } @paths;
my @counts = @{ asked() };

$t->kill_worker;
$t->stop_nginx;
system('cp', '-a', $root, $kept) == 0 or die;


# What is said of it, or the status where that is no 200.
sub shown
{
    my ($path) = @_;
    my $r = $t->get($path);

    return $r->{status} if $r->{status} != 200;
    for my $thing ($r->{json}, @{ $r->{json}{items} || [] }) {
        # Signed anew; a rebuilt base is another generation.
        delete @$thing{qw(url downloads generation sizes)};
    }
    return $json->encode($r->{json});
}


sub files_of
{
    my ($pattern) = @_;
    my @files = grep { -s } glob "$root/$pattern";
    return @files;
}


# One bit, of those that were written.
sub flip
{
    my ($file, $at, $bit) = @_;

    open my $fh, '+<:raw', $file or die "$file: $!";
    sysseek $fh, $at, 0;
    sysread $fh, my $byte, 1;
    sysseek $fh, $at, 0;
    syswrite $fh, chr(ord($byte) ^ 1 << $bit);
    close $fh;
}


# Where the last character of that text is in that file.
sub last_of
{
    my ($text, $file) = @_;
    my $at = index $t->read_file($file), $text;

    die "$file has no $text\n" if $at < 0;
    return $at + length($text) - 1;
}


# Where a MANIFEST has the number of a row that is struck out of the first segment.
sub struck_row
{
    my ($file) = @_;
    my $bytes = $t->read_file($file);
    my ($at, $n) = unpack '@' . (80 + 16 * unpack 'x12 V', $bytes) . 'Q< x4 V',
                          $bytes;

    die "$file strikes $n rows out\n" if $n != 1;
    return $at;
}


# What nginx says to each filter and of each person: counts, and a listing; or the
# status where that is no 200.
sub asked
{
    my @all = map {
        my $r = $t->post('/v1/query', { filter => $_, limit => 0 });
        $r->{status} == 200 ? $r->{json}{count} : $r->{status};
    } @filters;
    my $r = $t->post('/v1/query', { limit => 1000 });

    return [ @all, $r->{status} == 200
                   ? $json->encode([ sort { $a->{id} cmp $b->{id} }
                                     @{ $r->{json}{profiles} } ])
                   : $r->{status} ];
}


sub undamaged
{
    system('rm', '-rf', $root) == 0
        && system('cp', '-a', $kept, $root) == 0 or die;
}


# Whether the worker starts, or ends with a line that says why not.
sub starts
{
    my ($what) = @_;
    my $before = length $t->worker_log;

    return 1 if eval { $t->start_worker; 1 };

    delete $t->{pids}{worker};          # start_worker has waited for its end
    my @lines = split /\n/, substr $t->worker_log, $before;
    like($lines[-1], qr/"cannot start".*"error": ".+"/,
         "$what: the worker does not start, and says why");
    return 0;
}


# --- the store -------------------------------------------------------------------

my %store = ('the log' => 'db/*.log', 'a table' => 'db/*.sst',
             'the list of tables' => 'db/MANIFEST-*', 'its name' => 'db/CURRENT');

for my $what (sort keys %store) {
    for my $n (1 .. turns(1, 25)) {
        undamaged();

        my @files = files_of($store{$what});
        my $file = $files[rand @files];
        my $at = int rand -s $file;
        my $where = "$what, " . substr($file, 4 + length $root) . " at $at";

        flip($file, $at, int rand 8);
        $t->start_nginx;

        if (starts($where)) {
            my @wrong = grep { shown($_) !~ /^5\d\d$/
                               && shown($_) ne $right{$_} } @paths;

            is_deeply([ map { "$_: " . shown($_) } @wrong ], [],
                      "$where: answers are right, or errors");
            $t->kill_worker;
        }

        is_deeply(asked(), \@counts, '… and queries go on');
        $t->stop_nginx;
    }
}


# --- what is derived ----------------------------------------------------------------

# With a place each where a bit makes another value, and nothing else is wrong: the
# last character of a name, or of a filter's value, and who is struck out.
my %derived = (
    'a segment' => ['segments/demo/*.seg', sub { last_of('Nome 299', @_) }],
    'saved audiences' => ['segments/demo/*.aud',
                          sub { last_of('"value":"b', @_) }],
    'a manifest' => ['segments/demo/MANIFEST', \&struck_row],
);

for my $what (sort keys %derived) {
    my ($pattern, $place) = @{ $derived{$what} };

    for my $n (0 .. turns(1, 25)) {
        undamaged();

        my @files = files_of($pattern);
        my $file = $files[$n ? rand @files : -1];
        my $at = $n ? int rand -s $file : $place->($file);
        my $where = "$what, " . substr($file, 15 + length $root) . " at $at";

        flip($file, $at, $n ? int rand 8 : 1);
        $t->start_nginx;

        my $seen = asked();
        is_deeply([ grep { $seen->[$_] ne $counts[$_] && $seen->[$_] ne '503' }
                         0 .. $#counts ], [], "$where: answers are right, or "
                  . 'there are none') or diag(explain($seen));

        ok(starts($where), 'the worker starts');
        $t->wait_for('the base to be made again', sub {
            $t->get('/metrics')->{text} !~ /^audience_jobs\{.*\} [1-9]/m });
        $t->wait_visible;
        is_deeply(asked(), \@counts, '… and the base is whole');
        is_deeply([ grep { shown($_) ne $right{$_} } @paths ], [],
                  '… as all else');
        $t->kill_worker;
        $t->stop_nginx;
    }
}

undamaged();
$t->start_nginx;
$t->start_worker;
is_deeply([ map { shown($_) } @paths ], [ map { $right{$_} } @paths ],
          'with its own bits the base is as it was');
$t->finish;
