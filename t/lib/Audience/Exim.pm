# Audience::Exim: Debian's exim4 as an SMTP server on 127.0.0.1, for one test:
# STARTTLS on one port, TLS from the start on another, a login that is insisted
# on, and a file for each e-mail it takes.
#
#   my $exim = Audience::Exim->start;
#   my $t = Audience::Test->start(worker => { $exim->settings });
#   …
#   my ($mail) = $exim->messages;           # Audience::Mail, oldest first
#   $exim->stop;
#
# settings(user => …, password => …, tls => 'implicit') are keys of worker.conf.
# Recipients: refused@… is a 550, busy@… a 451, all others are taken.

package Audience::Exim;

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use POSIX ();
use Time::HiRes ();

use Audience::Mail;
use Audience::Stack;


sub start
{
    my ($class) = @_;

    my $dir = File::Temp::tempdir('exim-XXXXXX', TMPDIR => 1);
    my $exim = bless {
        dir => $dir, owner => $$, port => Audience::Stack::free_port(),
        tls_port => Audience::Stack::free_port(),
    }, $class;

    mkdir "$dir/$_" or die "$dir/$_: $!" for qw(spool log mail);
    $exim->make_certificate;
    $exim->write_conf;
    $exim->run;
    return $exim;
}


sub make_certificate
{
    my ($exim) = @_;

    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
           . ' -addext subjectAltName=DNS:localhost'
           . " -keyout $exim->{dir}/key.pem -out $exim->{dir}/cert.pem"
           . ' 2>/dev/null') == 0 or die "openssl failed\n";
}


# exim drops root for the user of the file's exim_user, so that this runs as
# root and as anybody else.
sub write_conf
{
    my ($exim) = @_;

    my $dir = $exim->{dir};
    my ($user, $group) = $> == 0 ? qw(nobody nogroup)
                                 : (scalar getpwuid $>, scalar getgrgid $));
    local $/;

    my $conf = <DATA>;
    $conf =~ s/\@DIR\@/$dir/g;
    $conf =~ s/\@USER\@/$user/g;
    $conf =~ s/\@GROUP\@/$group/g;
    $conf =~ s/\@PORT\@/$exim->{port}/g;
    $conf =~ s/\@TLS_PORT\@/$exim->{tls_port}/g;

    open my $file, '>', "$dir/exim.conf" or die "$dir/exim.conf: $!";
    print {$file} $conf;
    close $file;

    open $file, '>', "$dir/password" or die "$dir/password: $!";
    chmod 0600, "$dir/password";
    print {$file} "s3cret\n";
    close $file;

    return unless $> == 0;

    chmod 0755, $dir;
    system('chown', '-R', "$user:$group", map { "$dir/$_" }
           qw(spool log mail key.pem)) == 0 or die "chown failed\n";
}


sub run
{
    my ($exim) = @_;

    my @drop = $> == 0 ? qw(/usr/bin/setpriv --reuid nobody --regid nogroup
                            --groups nogroup) : ();

    $exim->{pid} = fork;
    die "fork: $!" unless defined $exim->{pid};

    if ($exim->{pid} == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$exim->{dir}/exim.out";
        open STDERR, '>&', \*STDOUT;
        exec('/usr/bin/setpriv', '--pdeathsig', 'TERM', @drop,
             '/usr/sbin/exim4', '-C', "$exim->{dir}/exim.conf", '-bdf')
            or POSIX::_exit(127);
    }

    my $until = Time::HiRes::time() + 120;

    while (Time::HiRes::time() < $until
           && waitpid($exim->{pid}, POSIX::WNOHANG()) == 0)
    {
        return if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                        PeerPort => $exim->{port});
        Time::HiRes::sleep(0.02);
    }

    system "cat $exim->{dir}/exim.out $exim->{dir}/log/* >&2";
    die "exim does not start\n";
}


sub settings
{
    my ($exim, %opt) = @_;

    my $implicit = ($opt{tls} || '') eq 'implicit';
    my $password = "$exim->{dir}/password";

    if (defined $opt{password}) {
        $password = "$exim->{dir}/other_password";
        open my $file, '>', $password or die "$password: $!";
        chmod 0600, $password;
        print {$file} "$opt{password}\n";
        close $file;
    }

    return (
        'mail.smtp_host' => 'localhost',
        'mail.smtp_port' => $implicit ? $exim->{tls_port} : $exim->{port},
        'mail.smtp_tls' => $implicit ? 'implicit' : 'starttls',
        'mail.smtp_ca' => "$exim->{dir}/cert.pem",
        'mail.smtp_user' => 'audiences',
        'mail.smtp_password_file' => $password,
        'mail.mail_from' => 'Audiências <audiences@example.test>',
    );
}


# What was delivered so far, oldest first.
sub messages
{
    my ($exim) = @_;

    my @files = sort { (stat $a)[9] <=> (stat $b)[9] || $a cmp $b }
                glob "$exim->{dir}/mail/new/*";

    return map { Audience::Mail->read($_) } @files;
}


sub log
{
    my ($exim) = @_;
    return join '', map { Audience::Stack->read_file($_) }
                    glob "$exim->{dir}/log/*";
}


sub stop
{
    my ($exim) = @_;

    my $pid = delete $exim->{pid} or return;
    kill 'TERM', $pid;
    waitpid $pid, 0;
}


sub DESTROY
{
    my ($exim) = @_;

    return unless $exim->{owner} == $$;
    local ($?, $@, $!);

    $exim->stop;
    File::Path::remove_tree($exim->{dir}) unless $ENV{AUDIENCE_KEEP};
}

1;

__DATA__
exim_user = @USER@
exim_group = @GROUP@
admin_groups = @GROUP@
trusted_groups = @GROUP@
keep_environment =
primary_hostname = mail.example.test
spool_directory = @DIR@/spool
log_file_path = @DIR@/log/%slog
pid_file_path = @DIR@/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = @PORT@ : @TLS_PORT@
daemon_startup_retries = 0
tls_on_connect_ports = @TLS_PORT@
tls_advertise_hosts = *
tls_certificate = @DIR@/cert.pem
tls_privatekey = @DIR@/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = recipient
deliver_drop_privilege = true
never_users =
domainlist local_domains = *
host_lookup =
rfc1413_query_timeout = 0s
log_selector = +incoming_interface

begin acl

recipient:
  deny  ! encrypted = *
        message = not in the clear
  deny  ! authenticated = *
        message = who are you
  deny  local_parts = refused
        message = no such person
  defer local_parts = busy
        message = try later
  accept

begin routers

all:
  driver = accept
  transport = files

begin transports

files:
  driver = appendfile
  directory = @DIR@/mail
  maildir_format
  create_directory
  envelope_to_add
  return_path_add

begin retry

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{audiences}}{eq{$auth3}{s3cret}}}}
  server_set_id = $auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{audiences}}{eq{$auth2}{s3cret}}}}
  server_set_id = $auth1
