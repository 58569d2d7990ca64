# Audience::Stack: one nginx and one audience-worker in a folder of their own,
# as the base class of Audience::Test, whose opening comment documents it.

package Audience::Stack;

use strict;
use warnings;

use Cwd ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes ();

my $repository = Cwd::abs_path(__FILE__);
$repository =~ s{/t/lib/Audience/[^/]+$}{};

my @held_ports;

my %asan_options = (
    nginx  => 'abort_on_error=1:detect_leaks=0',
    worker => 'abort_on_error=1:detect_leaks=1',
);


sub sanitize { $ENV{AUDIENCE_SANITIZE} ? 1 : 0 }
sub repository { $repository }

# Programs under sanitizers, ThreadSanitizer too, are several times slower.
sub races { $ENV{AUDIENCE_RACES} ? 1 : 0 }
sub seconds { my (undef, $n) = @_; sanitize() || races() ? 5 * $n : $n }


sub build
{
    my $build = $ENV{BUILD} || 'build';

    $build .= '/asan' if sanitize() && $build !~ m{/asan$};
    return $build =~ m{^/} ? $build : "$repository/$build";
}


# The folder and everything in it but the processes.
sub prepare
{
    my ($class, %opt) = @_;

    my $dir = File::Temp::tempdir('aud-XXXXXX', TMPDIR => 1);
    chmod 0755, $dir or die "$dir: $!";

    my $t = bless {
        dir => $dir, root => $opt{root} || "$dir/data", options => \%opt,
        owner => $$, pids => {}, expected => { nginx => [], worker => [] },
        worker_exits => 0,
    }, $class;

    mkdir $_ or die "$_: $!" for "$dir/logs", "$dir/tmp";
    File::Path::make_path(map { "$t->{root}/$_" }
                          qw(db spool segments exports outbox));

    $t->write_file('link.keys', 'k1 ' . '5a' x 32 . "\n", 0600)
        unless $opt{link_keys};
    $t->write_worker_conf;
    return $t;
}


sub write_file
{
    my ($t, $name, $text, $mode) = @_;

    my $path = "$t->{dir}/$name";
    open my $file, '>', $path or die "$path: $!";
    chmod $mode, $path if defined $mode;
    print {$file} $text;
    close $file or die "$path: $!";
    return $path;
}


sub read_file
{
    my (undef, $path) = @_;

    open my $file, '<', $path or die "$path: $!";
    binmode $file;
    local $/;
    my $text = <$file>;
    return defined $text ? $text : '';
}


# --- configuration -----------------------------------------------------------

sub worker_socket { "$_[0]{dir}/worker.sock" }
sub link_keys { $_[0]{options}{link_keys} || "$_[0]{dir}/link.keys" }


# Settings of conf/worker.conf, with those of the test over them:
# worker => { 'import.area_code' => '11' }.
sub write_worker_conf
{
    my ($t, %more) = @_;

    %more = %{ $t->{options}{worker} = { %{ $t->{options}{worker} || {} },
                                         %more } };

    my %settings = (
        'worker.root'      => $t->{root},
        'worker.socket'    => $t->worker_socket,
        'worker.link_keys' => $t->link_keys,
        'worker.locale'    => "$repository/conf/locale",
        'enrichment.lexicons' => "$repository/conf/lexicons",
        'resolution.listed' => "$repository/conf/listed.txt",
        'worker.retry_base_ms' => 50,
        'segments.quiet_seconds' => 3600,   # however slow the machine is
        %more,
    );

    my %sections;
    for my $key (sort keys %settings) {
        my ($section, $name) = split /\./, $key, 2;
        push @{ $sections{$section} }, "$name = $settings{$key}\n"
            if defined $settings{$key};
    }

    $t->write_file('worker.conf', join '',
                   map {; "[$_]\n", @{ $sections{$_} }, "\n" }
                   sort keys %sections);
}


# A port on which this test's servers can listen, and on which nobody listens
# until then.  It stays ours while this process lives, for a bound socket holds
# it: who asks the kernel for any port does not get it, and only who sets
# SO_REUSEADDR, as servers do, can listen beside a socket that does not.
sub free_port
{
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
                                       Proto => 'tcp', ReuseAddr => 1)
        or die "no free port: $@";

    push @held_ports, $socket;
    return $socket->sockport;
}


# --- processes ---------------------------------------------------------------

# Starts a program with its output in a file.  setpriv makes the kernel end it
# when this test dies, however it dies.
sub spawn
{
    my ($t, $name, $output, $env, @command) = @_;

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $output or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT;
        exec('/usr/bin/setpriv', '--pdeathsig', 'TERM', '/usr/bin/env',
             map({; "$_=$env->{$_}" } keys %$env), @command)
            or POSIX::_exit(127);
    }

    $t->{pids}{$name} = $pid;
    return $pid;
}


# Debian's nginx is not instrumented: its module brings a runtime that has to be
# there before all else.
sub sanitizer_env
{
    my ($name) = @_;

    return {} unless sanitize() || races();

    my %env = !sanitize() ? () : (
        ASAN_OPTIONS => $asan_options{$name},
        UBSAN_OPTIONS => 'halt_on_error=1:abort_on_error=1:print_stacktrace=1',
    );

    if ($name eq 'nginx') {
        my $runtime = sanitize() ? 'libasan.so' : 'libtsan.so';
        chomp($env{LD_PRELOAD} = qx{gcc -print-file-name=$runtime});
    }
    return \%env;
}


sub pid { $_[0]{pids}{ $_[1] } }
sub alive { my $pid = $_[0]{pids}{ $_[1] }; $pid && waitpid($pid, POSIX::WNOHANG()) == 0 }


sub start_nginx
{
    my ($t) = @_;

    $t->{port} //= free_port();
    $t->{http2_port} //= free_port();
    $t->write_nginx_conf;

    my %env = (%{ sanitizer_env('nginx') }, %{ $t->{options}{nginx_env} || {} });
    my $preload = delete $env{preload};

    # It has to find allocations before AddressSanitizer does.
    $env{LD_PRELOAD} = join ' ', $preload, $env{LD_PRELOAD} || () if $preload;
    $env{ASAN_OPTIONS} .= ':verify_asan_link_order=0' if $preload && sanitize();
    $t->spawn('nginx', "$t->{dir}/logs/nginx.out", \%env,
              '/usr/sbin/nginx', '-p', $t->{dir}, '-c',
              "$t->{dir}/nginx.conf", '-e', "$t->{dir}/logs/error.log");

    return if $t->nginx_serves;
    die "nginx does not start:\n", map { $t->log_tail($_) } qw(nginx.out error.log);
}


# nginx listens before it can be told to stop or to reload: it starts its
# workers when it can.
sub nginx_serves
{
    my ($t) = @_;

    my $deadline = Time::HiRes::time() + $t->seconds(120);

    while (Time::HiRes::time() < $deadline) {
        return 0 unless $t->alive('nginx');
        my @workers = $t->nginx_workers;
        return 1 if @workers == ($t->{options}{nginx_workers} || 1);
        Time::HiRes::sleep(0.02);
    }
    return 0;
}


# Starts the worker and waits until it takes connections.
sub start_worker
{
    my ($t, %opt) = @_;

    $t->spawn('worker', "$t->{dir}/logs/worker.log",
              { %{ sanitizer_env('worker') }, %{ $opt{env} || {} } },
              @{ $opt{under} || [] },
              build() . '/audience-worker', '-c', "$t->{dir}/worker.conf");
    return if defined $opt{wait} && !$opt{wait};

    my $deadline = Time::HiRes::time() + $t->seconds(120);

    while (Time::HiRes::time() < $deadline) {
        return if IO::Socket::UNIX->new(Peer => $t->worker_socket);
        last unless $t->alive('worker');
        Time::HiRes::sleep(0.02);
    }

    die "the worker does not start:\n", $t->log_tail('worker.log');
}


# Waits for the end of a process; returns its wait status, or undef.
sub reap
{
    my ($t, $name, $seconds) = @_;

    my $pid = $t->{pids}{$name} or return undef;
    my $deadline = Time::HiRes::time() + $t->seconds($seconds);

    while (Time::HiRes::time() < $deadline) {
        if (waitpid($pid, POSIX::WNOHANG()) == $pid) {
            delete $t->{pids}{$name};
            return $?;
        }
        Time::HiRes::sleep(0.01);
    }
    return undef;
}


# SIGTERM (or another), then waits; returns the wait status (0 is a clean end).
sub stop_worker
{
    my ($t, $signal) = @_;
    return $t->stop_process('worker', $signal || 'TERM');
}


sub stop_nginx
{
    my ($t, $signal) = @_;
    return $t->stop_process('nginx', $signal || 'QUIT');
}


sub kill_worker { $_[0]->stop_process('worker', 'KILL') }


sub stop_process
{
    my ($t, $name, $signal) = @_;

    my $pid = $t->{pids}{$name} or return undef;
    kill $signal, $pid;

    my $status = $t->reap($name, 120);

    if (!defined $status) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        delete $t->{pids}{$name};
        $status = "did not end on SIG$signal";
    }
    return $status;
}


# Rewrites nginx.conf and makes nginx load it; returns when new workers serve.
sub reload
{
    my ($t, %opt) = @_;

    %{ $t->{options} } = (%{ $t->{options} }, %opt);
    $t->write_nginx_conf;

    my %old = map { $_ => 1 } $t->nginx_workers;
    kill 'HUP', $t->{pids}{nginx};
    $t->wait_for('nginx to reload', sub {
        my @now = $t->nginx_workers;
        @now && !grep { $old{$_} } @now;
    });
}


# Pids of nginx's worker processes.
sub nginx_workers
{
    my ($t) = @_;
    my $master = $t->{pids}{nginx} or return ();

    open my $file, '<', "/proc/$master/task/$master/children" or return ();
    my @pids = split ' ', <$file> // '';
    return @pids;
}


# --- logs --------------------------------------------------------------------

sub log_text
{
    my ($t, $name) = @_;
    my $path = "$t->{dir}/logs/$name";
    return -e $path ? $t->read_file($path) : '';
}

sub error_log { $_[0]->log_text('error.log') }
sub worker_log { $_[0]->log_text('worker.log') }


sub log_tail
{
    my ($t, $name) = @_;
    my @lines = split /^/, $t->log_text($name);
    return "--- $name\n", @lines > 30 ? @lines[-30 .. -1] : @lines;
}


# Lines that no test may leave behind.
sub bad_lines
{
    my ($t) = @_;

    my $sanitizer = qr/ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer/;
    my @bad;

    for my $line (split /\n/, $t->error_log . $t->log_text('nginx.out')) {
        next unless $line =~ /\[(alert|emerg)\]/ || $line =~ $sanitizer;
        push @bad, "nginx: $line"
            unless grep { $line =~ $_ } @{ $t->{expected}{nginx} };
    }

    for my $line (split /\n/, $t->worker_log) {
        next unless $line =~ /"level": ?"error"/ || $line !~ /^\{.*\}$/
                    || $line =~ $sanitizer;
        push @bad, "worker: $line"
            unless grep { $line =~ $_ } @{ $t->{expected}{worker} };
    }

    return @bad;
}


# The test died, or forgot to finish: leave nothing running.
sub DESTROY
{
    my ($t) = @_;

    return unless $t->{owner} == $$;
    local ($?, $@, $!);

    for my $pid (values %{ $t->{pids} }) {
        kill 'TERM', $pid;
        kill 'KILL', $pid unless defined $t->reap_pid($pid, 5);
    }
    File::Path::remove_tree($t->{dir}) unless $ENV{AUDIENCE_KEEP} || $t->{keep};
}


sub reap_pid
{
    my ($t, $pid, $seconds) = @_;

    for (1 .. 100 * $seconds) {
        return $? if waitpid($pid, POSIX::WNOHANG()) != 0;
        Time::HiRes::sleep(0.01);
    }
    return undef;
}

1;
