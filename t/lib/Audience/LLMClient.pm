# Audience::LLMClient: the worker's client of language models by itself
# (t/lib/llm_client.c), on a folder of an Audience::Test.
#
#   my $client = Audience::LLMClient->start($t, $llm->settings);
#   my @answers = $client->ask('a', 'adorei!', 'caro demais');
#   my $id = $client->begin({ tenant => 'a', texts => ['…'] });
#   … my $result = $client->end($id);
#   $client->stop;                          # its wait status; `kill` is SIGKILL

package Audience::LLMClient;

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Socket ();


sub start
{
    my ($class, $t, %settings) = @_;

    $t->write_worker_conf(%settings);

    socketpair(my $ours, my $its, Socket::AF_UNIX(), Socket::SOCK_STREAM(), 0)
        or die "socketpair: $!";
    my $client = bless { t => $t, socket => $ours, next => 1, results => {},
                         buffer => '', log => "$t->{dir}/client.log" }, $class;
    my $env = $t->sanitizer_env('worker');
    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<&', $its or POSIX::_exit(127);
        open STDOUT, '>&', $its or POSIX::_exit(127);
        open STDERR, '>>', $client->{log} or POSIX::_exit(127);
        close $ours;
        exec('/usr/bin/setpriv', '--pdeathsig', 'TERM', '/usr/bin/env',
             map({; "$_=$env->{$_}" } keys %$env),
             $t->build . '/t/lib/llm_client', "$t->{dir}/worker.conf")
            or POSIX::_exit(127);
    }

    close $its;
    $client->{pid} = $pid;
    return $client;
}


sub begin
{
    my ($client, $command) = @_;

    my $id = $client->{next}++;
    my $line = JSON::PP->new->utf8->encode({ id => $id, %$command }) . "\n";

    while (length $line) {
        my $n = syswrite $client->{socket}, $line
            or die "the client has ended:\n" . $client->log;
        substr $line, 0, $n, '';
    }
    return $id;
}


sub end
{
    my ($client, $id) = @_;

    while (!exists $client->{results}{$id}) {
        while ($client->{buffer} =~ s/^(.*)\n//) {
            my $answer = JSON::PP->new->utf8->decode($1);
            $client->{results}{ $answer->{id} } = $answer->{result};
        }
        last if exists $client->{results}{$id};

        sysread $client->{socket}, $client->{buffer}, 65536,
                length $client->{buffer}
            or die "the client has ended:\n" . $client->log;
    }
    return delete $client->{results}{$id};
}


sub run { my ($client, $command) = @_; $client->end($client->begin($command)) }


sub ask
{
    my ($client, $tenant, @texts) = @_;
    return @{ $client->run({ tenant => $tenant, texts => \@texts }) };
}


# How many questions or requests a counter of the metrics says.
sub metric
{
    my ($client, $name) = @_;

    my $text = $client->run({ metrics => JSON::PP::true() });
    return $text =~ /^\Q$name\E (\S+)$/m ? $1 : die "no $name in $text";
}


sub log { $_[0]{t}->read_file($_[0]{log}) }


sub stop
{
    my ($client) = @_;

    shutdown $client->{socket}, 1;
    waitpid delete $client->{pid}, 0;
    return $?;
}


sub kill
{
    my ($client) = @_;

    CORE::kill 'KILL', $client->{pid};
    waitpid delete $client->{pid}, 0;
    return $?;
}

1;
