# Audience::SmtpPeer: an SMTP server that misbehaves as it is told, without TLS.
#
#   my $peer = Audience::SmtpPeer->start('dies in the message', 'takes it');
#   my $t = Audience::Test->start(worker => { $peer->settings });
#   …
#   my @dialogues = $peer->dialogues;       # what each connection received
#
# The first connection gets the first behaviour and so on; the last repeats.
#
#   takes it               250
#   is silent              connects, and never says a word
#   waits                  answers the message after $peer->go_on
#   hangs up               closes at once
#   dies in the message    closes while the message arrives
#   dies before its answer closes when the message is there
#   is busy                451 to the recipient
#   is busy afterwards     451 to the message
#   knows nobody           550 to the recipient
#   wants no spam          554 to the message

package Audience::SmtpPeer;

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Time::HiRes ();


sub start
{
    my ($class, @behaviours) = @_;

    my $log = File::Temp->new;
    open my $hold, '>', "$log.hold" or die "$log.hold: $!";

    my $listening = IO::Socket::INET->new(Listen => 16, ReuseAddr => 1,
                                          LocalAddr => '127.0.0.1',
                                          LocalPort => 0) or die "listen: $@";
    my $peer = bless {
        log => $log, port => $listening->sockport, owner => $$,
        # Only who is silent meets the limit, whatever else the machine does.
        timeout => (grep { $_ eq 'is silent' } @behaviours) ? 1500 : 300_000,
    }, $class;

    $peer->{pid} = fork;
    die "fork: $!" unless defined $peer->{pid};

    if ($peer->{pid} == 0) {
        local $SIG{CHLD} = 'IGNORE';
        local $SIG{TERM} = sub { POSIX::_exit(0) };

        while (my $socket = $listening->accept) {
            my $behaviour = @behaviours > 1 ? shift @behaviours
                                            : $behaviours[0];
            next if fork;
            converse($socket, $behaviour, "$log");
            POSIX::_exit(0);
        }
        POSIX::_exit(0);
    }
    return $peer;
}


sub settings
{
    my ($peer) = @_;

    return ('mail.smtp_host' => '127.0.0.1', 'mail.smtp_port' => $peer->{port},
            'mail.smtp_tls' => 'none',
            'mail.smtp_timeout_ms' => $peer->{timeout},
            'mail.mail_from' => 'audiences@example.test');
}


sub converse
{
    my ($socket, $behaviour, $log) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $received = '';

    if ($behaviour eq 'is silent') {
        1 while <$socket>;

    } elsif ($behaviour ne 'hangs up') {
        $received = answer($socket, $behaviour, $log);
    }
    record($log, $behaviour, $received);
}


sub record
{
    my ($log, $behaviour, $received) = @_;

    open my $file, '>>', $log or return;
    syswrite $file, "$behaviour\x01$received\x02";
}


sub answer
{
    my ($socket, $behaviour, $log) = @_;

    my ($received, $message) = ('', 0);
    my $say = sub { syswrite $socket, "$_[0]\r\n" };

    $say->('220 peer.example.test ESMTP');

    while (my $line = <$socket>) {
        $received .= $line;

        if ($message) {
            return $received if $behaviour eq 'dies in the message'
                                && $message++ > 9;
            next unless $line eq ".\r\n";

            $message = 0;
            return $received if $behaviour eq 'dies before its answer';

            if ($behaviour eq 'waits') {
                record($log, $behaviour, $received);
                $received = '';
                Time::HiRes::sleep(0.01) while -e "$log.hold";
            }
            $say->($behaviour eq 'is busy afterwards' ? '451 later'
                   : $behaviour eq 'wants no spam' ? '554 spam' : '250 taken');

        } elsif ($line =~ /^EHLO/) {
            $say->('250 peer.example.test');

        } elsif ($line =~ /^RCPT/) {
            $say->($behaviour eq 'is busy' ? '451 later'
                   : $behaviour eq 'knows nobody' ? '550 nobody' : '250 ok');

        } elsif ($line =~ /^DATA/) {
            $message = 1;
            $say->('354 go on');

        } elsif ($line =~ /^QUIT/) {
            $say->('221 bye');
            last;

        } else {
            $say->('250 ok');
        }
    }
    return $received;
}


sub go_on { unlink "$_[0]{log}.hold" }


# One per connection that ended, and one for a message whose answer waits:
# { behaviour, received }.
sub dialogues
{
    my ($peer) = @_;

    open my $file, '<', "$peer->{log}" or die "$peer->{log}: $!";
    binmode $file;
    local $/ = "\x02";

    return map {
        chomp;
        my ($behaviour, $received) = split /\x01/, $_, 2;
        { behaviour => $behaviour, received => $received };
    } <$file>;
}


sub stop
{
    my ($peer) = @_;

    my $pid = delete $peer->{pid} or return;
    kill 'TERM', $pid;
    waitpid $pid, 0;
}


sub DESTROY
{
    my ($peer) = @_;

    return unless $peer->{owner} == $$;
    local ($?, $@, $!);
    $peer->go_on;
    $peer->stop;
}

1;
