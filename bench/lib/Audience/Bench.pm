# Audience::Bench: what the benchmarks share.  Each script of bench/ runs us
# and the peers in turn on the same files, and prints a table.
#
#   SIZE=full    the published sizes; otherwise a tenth, in a few minutes
#   ROUNDS=5     how often each figure is taken
#   BUILD        build folder; files and loaded bases stay in $BUILD/bench

package Audience::Bench;

use strict;
use warnings;

use Cwd ();
use Digest::SHA ();
use Exporter 'import';
use File::Path ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time sleep);

use Audience::Test ();

our @EXPORT = qw(size rounds folder contacts header slurp median table figure
                 loaded copy_of keep_alive load wait_idle peak_mib
                 watch_memory timed
                 generator in_bench full note wrk nginx_cpu BENCH_NGINX);

my $repository = Audience::Stack::repository();
my $json = JSON::PP->new->utf8->canonical;

use constant FILE_ROWS => 50_000;

# Options of Audience::Test->start: as many nginx workers as cores, no log, and
# the ceiling.
use constant BENCH_NGINX => (
    nginx_workers => 2,
    http => 'access_log off; keepalive_requests 100000000;',
    server => 'access_log off; location = /bench/return { return 200; }',
);


sub full { ($ENV{SIZE} || '') eq 'full' }
sub size { my ($full, $reduced) = @_; full() ? $full : $reduced }
sub rounds { $ENV{ROUNDS} || size(5, 3) }


# A folder below $BUILD/bench.
sub folder
{
    my ($name) = @_;

    my $path = Audience::Stack::build() . '/bench/' . ($name // '');

    File::Path::make_path($path);
    return $path;
}


sub in_bench { "$repository/bench/$_[0]" }


# --- data --------------------------------------------------------------------

# Compiled when its source changes.
sub generator
{
    my $source = in_bench('generate.c');
    my $program = folder() . '/generate';

    if (!-e $program || -M $program > -M $source) {
        run('gcc', '-O2', '-o', $program, $source, '-lm');
    }
    return $program;
}


# The path of a file with contacts FIRST to FIRST + ROWS - 1, of which so many
# percent are of earlier people again.
sub contacts
{
    my ($rows, $first, $again) = @_;

    $first ||= 0;
    $again ||= 0;
    my $program = generator();
    my $path = folder('csv') . "/$first-$rows" . ($again && "-$again") . '.csv';

    if (!-e $path || -M $path > -M $program) {
        run('sh', '-c', 'exec "$0" "$1" "$2" 1 "$4" > "$3"', $program, $rows,
            $first, "$path.new", $again);
        rename "$path.new", $path or die "$path: $!";
    }
    return $path;
}


sub slurp
{
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}


sub run
{
    system(@_) == 0 or die "failed: @_\n";
}


# --- our own base ------------------------------------------------------------

# A data folder into which ROWS contacts were imported in files of 50,000, kept
# between the scripts as long as generator and file formats stay as they are.
# Nobody may write into it: see copy_of.
sub loaded
{
    my ($rows) = @_;

    my $stamp = Digest::SHA::sha256_hex(map { slurp($_) }
        in_bench('generate.c'), glob("$repository/common/aud_*_format.h"));
    my $root = folder() . "/base-$rows";

    if (-e "$root/LOADED" && slurp("$root/LOADED") eq $stamp) {
        return $root;
    }

    File::Path::remove_tree($root);
    note("loading $rows contacts, once");

    my $t = Audience::Test->start(root => $root);

    for (my $first = 0; $first < $rows; $first += FILE_ROWS) {
        my $n = $rows - $first < FILE_ROWS ? $rows - $first : FILE_ROWS;
        load($t, contacts($n, $first));
    }

    wait_idle($t);
    $t->stop_worker;
    $t->stop_nginx;

    open my $file, '>', "$root/LOADED" or die "$root: $!";
    print {$file} $stamp;
    close $file;
    return $root;
}


sub load
{
    my ($t, $path) = @_;

    my $import = $t->import_file($path =~ s{.*/}{}r, slurp($path));

    die "$path: $import->{state}\n" unless $import->{state} eq 'succeeded';
    die "$path: rejected rows\n" if $import->{rows}{rejected};
    return $import;
}


# Until no job waits or runs: merges are over.
sub wait_idle
{
    my ($t) = @_;

    $t->wait_for('all jobs to end', sub {
        my $jobs = $t->get('/v1/jobs?limit=100')->{json}{items};
        !grep { $_->{state} =~ /^(ready|running|scheduled)$/ } @$jobs;
    }, 300);
}


# A copy of a loaded base to write into; the caller removes it.
sub copy_of
{
    my ($root) = @_;

    my $copy = folder() . "/copy-$$";

    File::Path::remove_tree($copy);
    run('cp', '-a', '--reflink=auto', $root, $copy);
    return $copy;
}


# --- measuring ---------------------------------------------------------------

# A sub that sends POSTs over a connection that stays, and gives status and body.
sub keep_alive
{
    my ($t, $path) = @_;

    my ($socket, $calls) = (undef, 0);

    return sub {
        my ($body) = @_;
        my $answer = '';

        # nginx closes after 1000
        $socket = $t->connect if $calls++ % 900 == 0;

        syswrite $socket, "POST $path HTTP/1.1\r\nHost: bench\r\n"
            . "X-Tenant: demo\r\nX-User: demo\@example.com\r\n"
            . "Content-Type: application/json\r\nContent-Length: "
            . length($body) . "\r\n\r\n$body";

        while ($answer !~ /\r\n\r\n/) {
            read_more($socket, \$answer);
        }

        my ($head, $text) = split /\r\n\r\n/, $answer, 2;
        my ($status) = $head =~ /^HTTP\S+ (\d+)/;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;

        while (length $text < $length) {
            read_more($socket, \$text);
        }
        return ($status, $text);
    };
}


sub read_more
{
    my ($socket, $text) = @_;

    my $n = sysread $socket, $$text, 1 << 20, length $$text;

    die "nginx closed the connection\n" unless $n || $!{EINTR};
}


sub timed
{
    my ($code) = @_;

    my $start = time;
    $code->();
    return time - $start;
}


# wrk($t, path, { seconds, connections, output => 1 }, @bodies): POSTs the
# bodies in turn, or GETs without any; requests a second, or wrk's own words.
sub wrk
{
    my ($t, $path, $opt, @bodies) = @_;

    my $file = folder() . "/bodies-$$";
    my $connections = $opt->{connections} || 32;
    my $threads = $connections < 2 ? 1 : 2;
    my $script = @bodies ? '-s ' . in_bench('post.lua') : '';

    open my $out, '>', $file or die "$file: $!";
    print {$out} map { "$_\n" } @bodies;
    close $out;

    my $command = "wrk -t$threads -c$connections -d$opt->{seconds}s --latency "
        . "--timeout 20s -H 'X-Tenant: demo' -H 'X-User: demo\@example.com' "
        . "$script '" . $t->url . "$path' -- $file";
    my $text = qx{$command 2>&1};

    unlink $file;

    die "$path: $text" if $? || $text =~ /Non-2xx|Socket errors/;
    return $text if $opt->{output};
    return $text =~ m{Requests/sec:\s+([\d.]+)} ? $1 : die $text;
}


# Seconds of processor time that nginx's workers have used.
sub nginx_cpu
{
    my ($t) = @_;
    my $sum = 0;

    for ($t->nginx_workers) {
        my @field = split ' ', slurp("/proc/$_/stat") =~ s/.*\)//sr;
        $sum += ($field[11] + $field[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
    }
    return $sum;
}


# Peak resident memory of processes; nginx's includes the pages it maps.
sub peak_mib
{
    my $peak = 0;

    for my $pid (@_) {
        my $status = eval { slurp("/proc/$pid/status") } // '';
        $peak = $1 / 1024 if $status =~ /^VmHWM:\s+(\d+)/m && $1 / 1024 > $peak;
    }
    return $peak;
}


# Looks at the memory of a process a hundred times a second that is its own, not
# pages of mapped files.  Gives a sub that ends that and tells the most, in MiB.
sub watch_memory
{
    my ($watched) = @_;

    pipe my $from, my $to or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my ($peak, $end) = (0, 0);
        local $SIG{TERM} = sub { $end = 1 };

        while (!$end) {
            my $status = eval { slurp("/proc/$watched/status") } // '';
            $peak = $1 if $status =~ /^RssAnon:\s+(\d+)/m && $1 > $peak;
            sleep 0.01;
        }
        syswrite $to, $peak / 1024;
        POSIX::_exit(0);
    }

    close $to;
    return sub {
        kill 'TERM', $pid;
        waitpid $pid, 0;
        return 0 + readline $from;
    };
}


sub median
{
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[@sorted / 2];
}


# --- printing ----------------------------------------------------------------

sub note { print STDERR "# @_\n" }


# Three significant digits.
sub figure
{
    my ($x) = @_;

    return '-' unless defined $x;
    return '0' unless $x;

    my $digits = 2 - POSIX::floor(log(abs $x) / log(10));
    return sprintf '%.*f', $digits > 0 ? $digits : 0, $x;
}


# table(title, unit, [name, figures, ratio]…): figures are one a round; ratio
# is text or a number.
sub table
{
    my ($title, $unit, @rows) = @_;

    my $width = 20;
    for (@rows) { $width = length $_->[0] if length $_->[0] > $width }

    printf "\n%s (%s)\n%-*s %10s %10s %10s %10s\n", $title, $unit,
        $width, '', qw(minimum median maximum ratio);

    for my $row (@rows) {
        my ($name, $figures, $ratio) = @$row;
        my @sorted = sort { $a <=> $b } @$figures;

        printf "%-*s %10s %10s %10s %10s\n", $width, $name,
            figure($sorted[0]), figure(median(@sorted)), figure($sorted[-1]),
            !defined $ratio ? '' : $ratio =~ /^[\d.e+-]+$/ ? figure($ratio)
                                                          : $ratio;
    }
    $| = 1;
}

1;
